import { createCipheriv } from "node:crypto";

/**
 * Bytes that no compression makes fewer, the same at each run: what depends on their values fails always or never.
 *
 * @param variant 0 to 255, of the same bytes each
 */
export function noise(length: number, variant = 0): Buffer<ArrayBuffer> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, variant), Buffer.alloc(16));
  return Buffer.from(cipher.update(Buffer.alloc(length)));
}
