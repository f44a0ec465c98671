/**
 * CGI/1.1 (RFC 3875) as FastCGI carries it: the head of a response, the meta-variables of a request, and
 * the names and paths of both.
 *
 * @packageDocumentation
 */

export { addMetaVariables } from "./meta-variables.ts";
export type { RequestDescription } from "./meta-variables.ts";
export { staticMetaVariables } from "./static-meta-variables.ts";
export type { StaticDescription, StaticMetaVariables } from "./static-meta-variables.ts";
export { isSafeScriptPath, splitScriptPath } from "./script-path.ts";
export type { ScriptPath } from "./script-path.ts";
export { ResponseHeadDecoder } from "./response-head.ts";
export type { ResponseHeadDecoderOptions } from "./response-head.ts";
export type { ResponseHead, ResponseKind } from "./response-kind.ts";
export { LazyRequestHead, toRequestHead } from "./request-head.ts";
export type { RequestHead } from "./request-head.ts";
export { encodeResponseHead } from "./response-encoder.ts";
export { readAuthorizerResult } from "./authorizer-result.ts";
export type { AuthorizerResult } from "./authorizer-result.ts";

// Symbols above are for every user; those below are for whoever translates headers alone.

export { parseContentLength } from "./content-length.ts";
export { headerToParam, paramToHeader } from "./header-names.ts";
