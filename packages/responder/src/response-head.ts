import { STATUS_CODES } from "node:http";

import { encodeResponseHead } from "@x/protocol/cgi";

/** Heads that are kept: many applications write the same few again and again. */
const KEPT_HEADS = 16;

/** No head above this many bytes is kept. */
const KEPT_BYTES = 1_024;

interface KeptHead {
  statusCode: number;
  statusText: string | undefined;
  rawHeaders: readonly string[];
  bytes: Uint8Array;
}

const kept: KeptHead[] = [];
let next = 0;

/**
 * The bytes of a response head, which must not be changed. The usual status text stands in for a missing one.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
 */
export function responseHead(statusCode: number, rawHeaders: readonly string[], statusText?: string): Uint8Array {
  for (const head of kept) {
    if (head.statusCode === statusCode && head.statusText === statusText && sameList(head.rawHeaders, rawHeaders)) {
      return head.bytes;
    }
  }
  const reason = statusText === undefined || statusText === "" ? STATUS_CODES[statusCode] : statusText;
  const bytes = encodeResponseHead(statusCode, reason ?? "", rawHeaders);
  if (bytes.length <= KEPT_BYTES) {
    kept[next] = { statusCode, statusText, rawHeaders: [...rawHeaders], bytes };
    next = (next + 1) % KEPT_HEADS;
  }
  return bytes;
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  // From the end: values differ more often than names.
  for (let at = one.length - 1; at >= 0; at--) if (one[at] !== other[at]) return false;
  return true;
}
