import type { ServerHttp2Stream } from "node:http2";

/**
 * Resets a stream, and nothing else: `close()` of Node's would end it first, in order, and who looks no further would take what it has for a
 * whole response.
 *
 * @param code of RFC 9113 §7
 */
export function resetStream(stream: ServerHttp2Stream, code: number): void {
  stream.end = () => stream;
  stream.close(code);
}
