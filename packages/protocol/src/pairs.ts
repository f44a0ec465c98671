import { FastCGIError } from "./errors.ts";

/**
 * Walks complete name-value pairs (FastCGI 1.0 §3.4). Each length is compared with what is left
 * before it is added to anything, so no claimed length can overflow or allocate (CVE-2025-23016).
 *
 * @throws FastCGIError `FCGI_ERR_BAD_NAME_VALUES` when the last pair is incomplete
 */
export function readPairs(
  bytes: Uint8Array,
  onPair: (nameStart: number, nameEnd: number, valueEnd: number) => void,
): void {
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    let nameLength = bytes[at++]!;
    if (nameLength > 0x7f) {
      if (end - at < 3) throw incomplete();
      nameLength = ((nameLength & 0x7f) << 24) | (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      at += 3;
    }
    if (at >= end) throw incomplete();
    let valueLength = bytes[at++]!;
    if (valueLength > 0x7f) {
      if (end - at < 3) throw incomplete();
      valueLength = ((valueLength & 0x7f) << 24) | (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      at += 3;
    }
    if (nameLength > end - at || valueLength > end - at - nameLength) throw incomplete();
    const nameEnd = at + nameLength;
    const valueEnd = nameEnd + valueLength;
    onPair(at, nameEnd, valueEnd);
    at = valueEnd;
  }
}

function incomplete(): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_BAD_NAME_VALUES",
    "A name-value pair is incomplete or claims more bytes than there are.",
    { phase: "protocol" },
  );
}
