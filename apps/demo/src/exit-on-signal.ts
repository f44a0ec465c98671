/** Signals that end a program, with the exit codes that a shell gives for them. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Lets a signal end this process by `process.exit`, so that what waits for its "exit" event is done: as long as nobody else
 * listens for the signal, who may have more to do before the end.
 */
export function exitOnSignal(): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
}
