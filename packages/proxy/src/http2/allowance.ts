/** How much of something a client may do: so often at once, and so often a second. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /** @param now ms of a monotonic clock */
  constructor(burst: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#burst = this.#left = burst;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#at = now();
  }

  /** Counts one more. @returns false when it is one too many */
  take(): boolean {
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#perSecond) / 1_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
