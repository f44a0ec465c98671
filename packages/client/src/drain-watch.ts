/** Tells those that wait for the end of a pool when nothing of it is left. */
export class DrainWatch {
  readonly #isDrained: () => boolean;
  #waiting: (() => void)[] = [];

  constructor(isDrained: () => boolean) {
    this.#isDrained = isDrained;
  }

  /** Fulfilled when nothing is left. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.check();
    });
  }

  /** Looks once more when the turn is over: a request whose connection has just gone may be about to wait for another. */
  check(): void {
    if (!this.#isDrained()) return;
    queueMicrotask(() => {
      if (!this.#isDrained()) return;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }
}
