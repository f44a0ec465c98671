/** The last bytes of a stream, at most `limit` of them; older ones are counted and forgotten. */
export class StderrTail {
  readonly #limit: number;
  #bytes: Buffer = Buffer.alloc(0);
  #fill = 0;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that came, kept or not. */
  get total(): number {
    return this.#total;
  }

  push(chunk: Uint8Array, start: number, end: number): void {
    this.#total += end - start;
    const from = Math.max(start, end - this.#limit);
    this.#makeRoom(end - from);
    this.#bytes.set(chunk.subarray(from, end), this.#fill);
    this.#fill += end - from;
  }

  /** What is kept, read as UTF-8: it is for people. */
  toString(): string {
    return this.#bytes.toString("utf8", Math.max(0, this.#fill - this.#limit), this.#fill);
  }

  /** Grows up to twice the limit, so that the tail moves to the front only once a limit's worth of bytes. */
  #makeRoom(length: number): void {
    const needed = this.#fill + length;
    if (needed <= this.#bytes.length) return;
    if (needed <= 2 * this.#limit) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, 2 * this.#bytes.length, 512), 2 * this.#limit));
      grown.set(this.#bytes.subarray(0, this.#fill));
      this.#bytes = grown;
      return;
    }
    const kept = Math.min(this.#fill, this.#limit - length);
    this.#bytes.copyWithin(0, this.#fill - kept, this.#fill);
    this.#fill = kept;
  }
}
