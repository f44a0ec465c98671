/** Milliseconds in which messages of one kind are told once. */
const WINDOW = 10_000;

/**
 * Lets the first message of each kind through and counts the others, so that a backend that is down does not fill the log with
 * one line a request.
 */
export class RepeatFilter {
  readonly #onRepeated: (kind: string, count: number) => void;
  readonly #window: number;
  readonly #kinds = new Map<string, { count: number; timer: NodeJS.Timeout }>();

  /** @param onRepeated called at the end of a window in which a kind came again, with how often it did */
  constructor(onRepeated: (kind: string, count: number) => void, window: number = WINDOW) {
    this.#onRepeated = onRepeated;
    this.#window = window;
  }

  /** Is this the message of its kind that should be told? */
  isFirst(kind: string): boolean {
    const known = this.#kinds.get(kind);
    if (known !== undefined) {
      known.count++;
      return false;
    }
    const timer = setTimeout(() => this.#endWindow(kind), this.#window).unref();
    this.#kinds.set(kind, { count: 0, timer });
    return true;
  }

  /** Tells what was counted so far. */
  close(): void {
    for (const [kind, { timer }] of this.#kinds) {
      clearTimeout(timer);
      this.#endWindow(kind);
    }
  }

  #endWindow(kind: string): void {
    const count = this.#kinds.get(kind)?.count ?? 0;
    this.#kinds.delete(kind);
    if (count > 0) this.#onRepeated(kind, count);
  }
}
