import { Socket } from "node:net";
import type { OnReadOpts } from "node:net";

/** Receives what a {@link ClientSocket} reads, and hears that writing has failed. */
export interface SocketReader {
  /** The buffer for the next read. */
  readBuffer(): Uint8Array;
  /** The first `length` bytes of the last buffer are filled. */
  onBytes(length: number): void;
  /** The peer takes no more bytes; what it has sent before can still be read. */
  onWriteError(error: Error): void;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * A socket that reads into buffers of its owner, and survives a failed write.
 *
 * An application may answer without reading the whole request body and close: the next write then
 * fails with EPIPE while the answer lies in the receive buffer. A plain socket destroys itself on
 * that error, and the answer is lost.
 */
export class ClientSocket extends Socket {
  readonly #reader: SocketReader;
  /** The callback of the write under way; streams have at most one. */
  #callback: WriteCallback | undefined;
  readonly #onWritten: WriteCallback = (error) => {
    // Never calling back keeps the writing side as it is: nothing more is sent, nothing is destroyed.
    if (error !== undefined && error !== null && !this.destroyed) this.#reader.onWriteError(error);
    else this.#callback?.(error);
  };

  constructor(reader: SocketReader) {
    const onread: OnReadOpts = {
      buffer: () => reader.readBuffer(),
      callback: (length) => {
        reader.onBytes(length);
        return true;
      },
    };
    // Half-open: what the end of the peer's bytes means is the owner's to say.
    super({ allowHalfOpen: true, onread });
    this.#reader = reader;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, callback: WriteCallback): void {
    this.#callback = callback;
    super._write(chunk, encoding, this.#onWritten);
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: WriteCallback): void {
    this.#callback = callback;
    super._writev?.(chunks, this.#onWritten);
  }
}
