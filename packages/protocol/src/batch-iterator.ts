/**
 * Gives the items of batches one by one. An async generator would do the same, and takes three turns of the
 * microtask queue for each item; an item that is there already needs none of them.
 *
 * Calls are answered in their order, also when nobody waits for one before making the next.
 */
export class BatchIterator<Item extends object> implements AsyncIterableIterator<Item, void, void> {
  readonly #batches: AsyncGenerator<readonly Item[], void, void>;
  #batch: readonly Item[] = [];
  #at = 0;
  /** The last call that is not answered. */
  #unanswered: Promise<unknown> | undefined;

  constructor(batches: AsyncGenerator<readonly Item[], void, void>) {
    this.#batches = batches;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, void>> {
    const value = this.#unanswered === undefined ? this.#batch[this.#at] : undefined;
    if (value === undefined) return this.#inTurn(() => this.#advance());
    this.#at++;
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<Item, void>> {
    return this.#inTurn(async () => {
      this.#batch = [];
      return this.#batches.return() as Promise<IteratorReturnResult<void>>;
    });
  }

  async #advance(): Promise<IteratorResult<Item, void>> {
    for (;;) {
      const value = this.#batch[this.#at++];
      if (value !== undefined) return { done: false, value };
      const next = await this.#batches.next();
      if (next.done === true) return next;
      this.#batch = next.value;
      this.#at = 0;
    }
  }

  #inTurn(call: () => Promise<IteratorResult<Item, void>>): Promise<IteratorResult<Item, void>> {
    const turn = this.#unanswered === undefined ? call() : this.#unanswered.then(call, call);
    const answered = (): void => {
      if (this.#unanswered === turn) this.#unanswered = undefined;
    };
    this.#unanswered = turn;
    turn.then(answered, answered);
    return turn;
  }
}
