/** Fields about the browser's connection, which is the web server's, and a status that would contradict the first line. */
const NOT_OURS = /^(?:connection|keep-alive|proxy-connection|status|te|trailer|transfer-encoding|upgrade):.*\r\n/gim;

/** What node:http ends a head with when it does not know the length of the body. */
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

const STATUS_LINE = "HTTP/1.1 ".length;

/** Heads that are kept: many applications write the same few again and again. */
const KEPT_HEADS = 16;

/** No head above this many characters is kept. */
const KEPT_LENGTH = 1_024;

interface KeptHead {
  header: string;
  bytes: Uint8Array;
}

const kept: KeptHead[] = [];
let next = 0;

/** A head as node:http wrote it, turned into the one of CGI (RFC 3875 §6.3), one byte a character. It must not be changed. */
export function toCGIHead(header: string): Uint8Array {
  for (const head of kept) if (head.header === header) return head.bytes;
  const known = header.endsWith(CHUNKED) ? `${header.slice(0, -CHUNKED.length)}\r\n` : header;
  const bytes = Buffer.from(`Status: ${known.slice(STATUS_LINE).replace(NOT_OURS, "")}`, "latin1");
  if (header.length <= KEPT_LENGTH) {
    kept[next] = { header, bytes };
    next = (next + 1) % KEPT_HEADS;
  }
  return bytes;
}
