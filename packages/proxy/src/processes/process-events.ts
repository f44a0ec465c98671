import { channel } from "node:diagnostics_channel";

/** Something that happened to an application process, published on the channel `fastcgi:proxy:process`. */
export type ProcessEvent =
  /** It was started. */
  | { readonly type: "start"; readonly name: string; readonly pid: number; readonly address: string }
  /** It listens. `again` is true after a crash loop. */
  | {
      readonly type: "ready";
      readonly name: string;
      readonly pid: number;
      readonly address: string;
      readonly again: boolean;
    }
  /** It wrote a line to its standard output or error. */
  | { readonly type: "output"; readonly name: string; readonly stream: "stdout" | "stderr"; readonly line: string }
  /** It ended, could not be started, or did not listen in time, and was not told to stop. `delay`: milliseconds until the next start. */
  | {
      readonly type: "exit";
      readonly name: string;
      readonly reason: string;
      readonly delay: number;
      readonly failures: number;
    }
  /** It ended early so many times in a row that something must be done about it. Once per series. */
  | {
      readonly type: "crash-loop";
      readonly name: string;
      readonly reason: string;
      readonly delay: number;
      readonly failures: number;
    }
  /** It did not end on SIGTERM and gets SIGKILL. */
  | { readonly type: "kill"; readonly name: string; readonly pid: number }
  /** An earlier run that was killed left something behind, which is cleared now. */
  | { readonly type: "leftover"; readonly folder: string; readonly stopped: readonly number[] };

const events = channel("fastcgi:proxy:process");

/** Tells all who listen what happened to an application process. */
export function publishProcessEvent(event: ProcessEvent): void {
  if (events.hasSubscribers) events.publish(event);
}
