// Before a test makes the time its own.
const { setTimeout: start, clearTimeout: stop } = globalThis;

/** ms; less than any test has. */
const PATIENCE = 20_000;

/**
 * Whoever waits for something says what, should it not come: a test that reaches its time limit tells only that it did.
 *
 * @returns to be called when it has come
 */
export function clue(what: unknown): () => void {
  const { stack } = new Error("from here");
  const timer = start(() => console.warn(`still waiting for ${String(what)}\n${stack}`), PATIENCE).unref();
  return () => stop(timer);
}
