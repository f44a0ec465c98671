import type { Slab, SlabPool } from "./slabs.ts";

/** Bytes that wait for their consumer: `start` to `end` of the slab. */
export interface HeldPiece {
  slab: Slab;
  start: number;
  end: number;
  stderr: boolean;
}

/**
 * What a paused consumer does not take, copied close together, so that the connection can be read on for the others that
 * share it.
 */
export class HeldOutput {
  readonly #slabs: SlabPool;
  readonly #pieces: HeldPiece[] = [];
  /** What is being filled, and how far it is. */
  #slab: Slab | undefined;
  #filled = 0;
  #bytes = 0;

  constructor(slabs: SlabPool) {
    this.#slabs = slabs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Copies bytes `from` to `end` of `chunk`. */
  push(chunk: Uint8Array, from: number, end: number, stderr: boolean): void {
    for (let at = from; at < end;) {
      const slab = this.#room();
      const length = Math.min(end - at, slab.buffer.length - this.#filled);
      slab.buffer.set(chunk.subarray(at, at + length), this.#filled);
      this.#pieces.push({ slab: slab.retain(), start: this.#filled, end: this.#filled + length, stderr });
      this.#filled += length;
      this.#bytes += length;
      at += length;
    }
  }

  /** The oldest piece; its slab is to be released when it was delivered. */
  shift(): HeldPiece | undefined {
    const piece = this.#pieces.shift();
    if (piece !== undefined) this.#bytes -= piece.end - piece.start;
    return piece;
  }

  /** Nobody wants it any more. */
  clear(): void {
    for (const { slab } of this.#pieces.splice(0)) slab.release();
    this.#bytes = 0;
    this.#slab?.disarm();
    this.#slab = undefined;
  }

  #room(): Slab {
    if (this.#slab !== undefined && this.#filled < this.#slab.buffer.length) return this.#slab;
    this.#slab?.disarm();
    this.#filled = 0;
    return (this.#slab = this.#slabs.take());
  }
}
