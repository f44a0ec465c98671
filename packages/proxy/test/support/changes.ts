import { clue } from "./clue.ts";

/** Wakes those who wait until something is as they want it. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something is different now. */
  tell(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when it is true, at once if it is already. */
  async until(isTrue: () => boolean): Promise<void> {
    await this.find(() => (isTrue() ? true : undefined), isTrue);
  }

  /** Resolves with what is found, at once if it is there already. */
  find<Found>(find: () => Found | undefined, what: unknown = find): Promise<Found> {
    return new Promise((resolve) => {
      const came = clue(what);
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        this.#waiting.delete(look);
        came();
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
