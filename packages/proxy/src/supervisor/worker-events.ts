import { channel } from "node:diagnostics_channel";

/** The worker's process ended, and nobody had told it to: published on `fastcgi:proxy:worker`. */
interface WorkerExit {
  readonly type: "exit";
  /** Why, in words that read on from "it". */
  readonly reason: string;
  /** Milliseconds until the next one starts. */
  readonly delay: number;
  /** Early ends in a row, this one included. */
  readonly failures: number;
}

/** A new worker serves in its place. */
interface WorkerBack {
  readonly type: "back";
  readonly pid: number;
}

/** What happens to the worker's process. */
export type WorkerEvent = WorkerExit | WorkerBack;

const events = channel("fastcgi:proxy:worker");

/** Tells all who listen. */
export function publishWorkerEvent(event: WorkerEvent): void {
  if (events.hasSubscribers) events.publish(event);
}
