/**
 * SCGI (python.ca/nas/scgi/protocol.txt), both ways: one request a connection, its params as a netstring,
 * a body of announced length, and a CGI response that ends with the connection.
 *
 * For the response the application writes `encodeResponseHead` of `@x/protocol/cgi` and the body; the web server
 * reads it with a `ResponseHeadDecoder`, usually with `statusLine: true`.
 *
 * @packageDocumentation
 */

export { RawOutput } from "./raw-output.ts";
export { ScgiRequestDecoder } from "./request-decoder.ts";
export type { ScgiRequestDecoderOptions, ScgiRequestHandler } from "./request-decoder.ts";
export { encodeScgiHead, ScgiRequestEncoder } from "./request-encoder.ts";
