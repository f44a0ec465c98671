/** Something with output that waits to be written. */
export interface Flushable {
  flush(): void;
}

/**
 * Flushes everything that became dirty in one turn of the event loop once, at the end of that turn:
 * the head of a request and its body leave in one write, and so do the records of all requests that
 * share a connection. It is no delay: `setImmediate` runs before the loop waits again.
 */
export class FlushScheduler {
  #dirty: Flushable[] = [];
  #scheduled = false;
  readonly #run = (): void => {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const target of dirty) target.flush();
  };

  /** Flushes `target` at the end of this turn. Call it once a turn, when the output becomes non-empty. */
  add(target: Flushable): void {
    this.#dirty.push(target);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }
}
