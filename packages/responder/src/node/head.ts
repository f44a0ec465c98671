/** Fields about the browser's connection, which is the web server's, and a status that would contradict the first line. */
const NOT_OURS = /^(?:connection|keep-alive|proxy-connection|status|te|trailer|transfer-encoding|upgrade):.*\r\n/gim;

/** What node:http ends a head with when it does not know the length of the body. */
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

const STATUS_LINE = "HTTP/1.1 ".length;

/** A head as node:http wrote it, turned into the one of CGI (RFC 3875 §6.3). */
export function toCGIHead(header: string): string {
  const known = header.endsWith(CHUNKED) ? `${header.slice(0, -CHUNKED.length)}\r\n` : header;
  return `Status: ${known.slice(STATUS_LINE).replace(NOT_OURS, "")}`;
}

/** Head, one byte a character, and the first text of the body, in one piece. */
export function encodeStart(head: string, text: string, encoding: BufferEncoding): Uint8Array {
  const bytes = Buffer.allocUnsafe(head.length + Buffer.byteLength(text, encoding));
  bytes.write(head, "latin1");
  bytes.write(text, head.length, encoding);
  return bytes;
}
