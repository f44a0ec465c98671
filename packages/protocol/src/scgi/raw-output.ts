/**
 * What `RecordOutput` is to FastCGI, for protocols without records, such as SCGI and CGI: collects bytes as they are until
 * {@link RawOutput.take} hands them to the transport, so that everything one turn of the event loop produces leaves in one write.
 *
 * Chunks pass by reference: they must not change until the transport has written them.
 */
export class RawOutput {
  readonly #onPending: () => void;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param onPending called when the first byte comes in after nothing was pending: time to plan a flush */
  constructor(onPending: () => void) {
    this.#onPending = onPending;
  }

  /** Bytes waiting for {@link RawOutput.take}. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Everything collected, in order; nothing is pending afterwards. */
  take(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  /** Adds a chunk; an empty one is nothing. */
  write(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#pieces.push(chunk);
    this.#bytes += chunk.length;
    if (this.#pieces.length === 1) this.#onPending();
  }
}
