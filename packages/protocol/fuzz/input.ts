/** The fuzzer's bytes, read as the numbers and pieces that a target needs; past their end all is 0 and empty. */
export class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes); // a Buffer, whose slices share its memory, is what the fuzzer gives
  }

  get empty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  /** 0 to 65,535. */
  short(): number {
    return (this.byte() << 8) | this.byte();
  }

  /** The next `length` bytes, or as many as there are; a copy. */
  take(length: number): Uint8Array {
    const start = Math.min(this.#at, this.#bytes.length);
    this.#at = start + length;
    return this.#bytes.slice(start, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length);
  }

  /** Up to seven sizes at which to cut, each 0 to 255. */
  sizes(): number[] {
    return [...this.take(this.byte() & 7)];
  }
}
