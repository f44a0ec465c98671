/** What a socket reads is a buffer of its own, which may be freed; anything else would be a part of somebody else's. */
export function ownBuffer(bytes: Buffer): Buffer {
  return bytes.length === bytes.buffer.byteLength ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
}
