import { RecordOutput } from "@x/protocol";

/** An output for a protocol that has no records: bytes as they are. */
export class RawOutput extends RecordOutput {
  readonly #onBytes: () => void;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(onPending: () => void) {
    super(onPending);
    this.#onBytes = onPending;
  }

  override get pendingBytes(): number {
    return this.#bytes;
  }

  override take(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  /** Passes by reference: the chunk must not change until it was written. */
  write(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#pieces.length === 1) this.#onBytes();
  }
}
