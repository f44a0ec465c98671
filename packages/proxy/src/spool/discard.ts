/** ES2024, of which the compiler's library knows nothing yet. */
interface TransferableBuffer {
  transfer(length: number): ArrayBuffer;
}

/**
 * Frees the memory of a chunk that nobody needs any more, without waiting for the garbage collector, which lets 64 MB of such chunks pile
 * up. Only for chunks that have left nowhere else; one that is a part of a larger buffer is left alone.
 */
export function discard(chunk: Uint8Array): void {
  if (chunk.buffer.byteLength === chunk.length) free(chunk.buffer);
}

/** Frees a buffer of which nobody needs any part any more. */
export function free(buffer: ArrayBufferLike): void {
  if (!(buffer instanceof ArrayBuffer)) return;
  try {
    (buffer as ArrayBuffer & TransferableBuffer).transfer(0);
  } catch {
    // Not every buffer can be taken from its owner; then it is garbage like any other.
  }
}
