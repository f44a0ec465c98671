import { isatty } from "node:tty";

/** What the program does when it is told to end. */
export interface SignalActions {
  /** The first SIGINT, SIGTERM or (on a terminal) SIGHUP: finish what runs, then end. */
  stop(signal: NodeJS.Signals): unknown;
  /** Another one: end at once. */
  cut(signal: NodeJS.Signals): void;
  /** SIGHUP to a server that no terminal started: it asks to reload. */
  reload(signal: NodeJS.Signals): void;
}

/** How signals are taken. */
export interface SignalOptions {
  /** Did a terminal start the program? Then SIGHUP says that it was closed. @default whether one is on stdin, stdout or stderr */
  terminal?: boolean;
  /** Milliseconds. @default performance.now */
  now?: () => number;
}

/**
 * A second SIGINT within this time, in milliseconds, is the same Ctrl-C: npm passes on the one that the terminal has sent to
 * everybody already.
 */
const SAME_KEY_PRESS = 500;

/** Listens for SIGINT, SIGTERM and SIGHUP. @returns undoes that */
export function handleSignals(actions: SignalActions, options: SignalOptions = {}): () => void {
  const terminal = options.terminal ?? [0, 1, 2].some((fd) => isatty(fd));
  const now = options.now ?? ((): number => performance.now());
  let first: { signal: NodeJS.Signals; at: number } | undefined;

  const end = (signal: NodeJS.Signals): void => {
    const at = now();
    if (first === undefined) {
      first = { signal, at };
      actions.stop(signal);
    } else if (signal !== "SIGINT" || first.signal !== "SIGINT" || at - first.at > SAME_KEY_PRESS) {
      actions.cut(signal);
    }
  };
  const hangUp = (signal: NodeJS.Signals): void => {
    if (terminal) end(signal);
    else actions.reload(signal);
  };

  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", hangUp);
  return () => {
    process.off("SIGINT", end).off("SIGTERM", end).off("SIGHUP", hangUp);
  };
}
