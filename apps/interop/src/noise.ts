import { createCipheriv } from "node:crypto";

/** Bytes that no compression makes fewer, the same at each run: what depends on their values fails always or never. */
export function noise(length: number): Buffer<ArrayBuffer> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
  return Buffer.from(cipher.update(Buffer.alloc(length)));
}
