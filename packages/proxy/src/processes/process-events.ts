import { channel } from "node:diagnostics_channel";

/** Something that happened to an application process, published on the channel `fastcgi:proxy:process`. */
export type ProcessEvent =
  /** It was started. */
  | {
      /** A start. */
      readonly type: "start";
      /** Its name in the configuration. */
      readonly name: string;
      /** The process id. */
      readonly pid: number;
      /** Where it is to listen. */
      readonly address: string;
    }
  /** It listens. */
  | {
      /** The end of a start. */
      readonly type: "ready";
      /** Its name in the configuration. */
      readonly name: string;
      /** The process id. */
      readonly pid: number;
      /** Where it listens. */
      readonly address: string;
      /** Was it in a crash loop before? */
      readonly again: boolean;
    }
  /** It wrote a line to its standard output or error. */
  | {
      /** A line. */
      readonly type: "output";
      /** Its name in the configuration. */
      readonly name: string;
      /** Where it was written. */
      readonly stream: "stdout" | "stderr";
      /** The line, without its end. */
      readonly line: string;
    }
  /** It ended, could not be started, or did not listen in time, and was not told to stop. */
  | {
      /** An end that nobody asked for. */
      readonly type: "exit";
      /** Its name in the configuration. */
      readonly name: string;
      /** Why, in words. */
      readonly reason: string;
      /** Milliseconds until the next start. */
      readonly delay: number;
      /** Early ends in a row, this one included. */
      readonly failures: number;
    }
  /** It ended early so many times in a row that something must be done about it. Once per series. */
  | {
      /** The early end that makes it a crash loop. */
      readonly type: "crash-loop";
      /** Its name in the configuration. */
      readonly name: string;
      /** Why it ended the last time, in words. */
      readonly reason: string;
      /** Milliseconds until the next start. */
      readonly delay: number;
      /** Early ends in a row, this one included. */
      readonly failures: number;
    }
  /** It did not end on SIGTERM and gets SIGKILL. */
  | {
      /** A kill. */
      readonly type: "kill";
      /** Its name in the configuration. */
      readonly name: string;
      /** The process id. */
      readonly pid: number;
    }
  /** An earlier run that was killed left something behind, which is cleared now. */
  | {
      /** A find. */
      readonly type: "leftover";
      /** The folder that it left. */
      readonly folder: string;
      /** The process ids of what still ran, and was stopped. */
      readonly stopped: readonly number[];
    };

const events = channel("fastcgi:proxy:process");

/** Tells all who listen what happened to an application process. */
export function publishProcessEvent(event: ProcessEvent): void {
  if (events.hasSubscribers) events.publish(event);
}
