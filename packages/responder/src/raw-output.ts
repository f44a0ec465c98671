import type { WireOutput } from "./wire.ts";

/** The output of a protocol without records: bytes as they are, by reference. */
export class RawOutput implements WireOutput {
  readonly #onPending: () => void;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(onPending: () => void) {
    this.#onPending = onPending;
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  take(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  write(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#pieces.length === 1) this.#onPending();
  }
}
