/**
 * Reads a Content-Length: decimal digits only (RFC 9110 §8.6), so neither `+5`, `5 `, `0x5`, `1e3` nor
 * the list `5, 5`.
 *
 * @returns the number of bytes, or undefined for a text that is malformed or above 2^53 - 1
 */
export function parseContentLength(text: string): number | undefined {
  const length = text.length;
  if (length === 0) return undefined;
  let bytes = 0;
  for (let at = 0; at < length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    bytes = bytes * 10 + digit;
    if (bytes > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return bytes;
}
