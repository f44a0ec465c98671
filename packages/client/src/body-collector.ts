/** Bytes of a piece; as many as one read brings. */
const PIECE = 65_536;

/** Pieces that are kept for the next body. */
const KEPT = 64;

/** The largest body (bytes) that gets all of its memory at once, since its length was announced. */
const TRUSTED = 16 * 2 ** 20;

const free: Buffer<ArrayBuffer>[] = [];

/**
 * All of a body in one buffer. It is put together in its place if its length was announced, else in memory that is used again:
 * new memory for each chunk costs more than to copy it, since the kernel clears every page.
 */
export class BodyCollector {
  readonly #announced: number | undefined;
  readonly #pieces: Buffer<ArrayBuffer>[] = [];
  #whole: Buffer<ArrayBuffer> | undefined;
  #length = 0;

  /** @param announced bytes that come at most, if that is known */
  constructor(announced: number | undefined) {
    if (announced !== undefined && announced <= TRUSTED) this.#announced = announced;
  }

  /** Copies `chunk`. */
  add(chunk: Uint8Array): void {
    if (this.#announced === undefined) return this.#addToPieces(chunk);
    this.#whole ??= Buffer.allocUnsafe(this.#announced);
    this.#whole.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** All that was added; it may be asked for once. */
  finish(): Buffer<ArrayBuffer> {
    const whole = this.#whole?.subarray(0, this.#length) ?? Buffer.concat(this.#pieces, this.#length);
    this.drop();
    return whole;
  }

  /** Nobody wants it any more. */
  drop(): void {
    for (const piece of this.#pieces.splice(0)) if (free.length < KEPT) free.push(piece);
  }

  #addToPieces(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const used = this.#length % PIECE;
      if (used === 0) this.#pieces.push(free.pop() ?? Buffer.allocUnsafeSlow(PIECE));
      const end = Math.min(chunk.length, at + PIECE - used);
      this.#pieces.at(-1)!.set(chunk.subarray(at, end), used);
      this.#length += end - at;
      at = end;
    }
  }
}
