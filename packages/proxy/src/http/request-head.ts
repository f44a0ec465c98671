import type { ResolvedLimits } from "../config/resolved-config.ts";
import type { GatewayRequest } from "../gateway-request.ts";
import { isForwarding } from "./forwarding.ts";
import { type Host, isSameHost, parseHost } from "./host.ts";
import { Refusal } from "./refusal.ts";
import { type RequestTarget, parseTarget } from "./request-target.ts";

/** A request head that passed every check of the gateway's own. */
export interface RequestHead {
  readonly target: RequestTarget;
  /** undefined: an HTTP/1.0 request without Host. */
  readonly host: Host | undefined;
  /** Bytes of the body; 0: there is none; undefined: it comes, its length is not known. */
  readonly contentLength: number | undefined;
  /** The client waits for 100 before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** There are headers by which a proxy says who the client is. */
  readonly forwarded: boolean;
}

type HeadLimits = Pick<ResolvedLimits, "headerBytes" | "headerLines" | "target" | "body">;

/**
 * The checks that a strict HTTP parser leaves to its caller: duplicate and malformed Host, a target of another server, transfer
 * codings we would have to undo, limits, versions, methods.
 */
export function checkHead(request: GatewayRequest, limits: HeadLimits): RequestHead | Refusal {
  if (request.target.length > limits.target) {
    return new Refusal(414, `The request target is longer than limits.target allows (${limits.target} bytes).`);
  }
  const refused = checkMethod(request) ?? checkVersion(request);
  if (refused !== undefined) return refused;
  const target = parseTarget(request.target);
  if (target instanceof Refusal) return target;
  const fields = readFields(request.rawHeaders, limits);
  if (fields instanceof Refusal) return fields;
  const host = fields.host === undefined ? undefined : parseHost(fields.host);
  if (host instanceof Refusal) return host;
  return (
    checkHost(request, target, host) ??
    checkCoding(request, fields) ??
    finish(request, target, host ?? target.authority, fields, limits)
  );
}

function checkMethod(request: GatewayRequest): Refusal | undefined {
  const { method, target } = request;
  if (method === "TRACE" || method === "CONNECT" || method === "TRACK") {
    return new Refusal(405, `${method} is not served.`, ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]);
  }
  if (target === "*" && method !== "OPTIONS") {
    return new Refusal(400, "The request target * belongs to OPTIONS alone.");
  }
  return undefined;
}

function checkVersion(request: GatewayRequest): Refusal | undefined {
  const { httpVersion } = request;
  if (httpVersion === "1.1" || httpVersion === "1.0") return undefined;
  // A front that speaks HTTP/2 says "2.0" of its own; on an HTTP/1 line it is nonsense, and that front knows.
  return httpVersion === "2.0" ? undefined : new Refusal(505, `HTTP/${httpVersion} is not served.`);
}

function checkHost(request: GatewayRequest, target: RequestTarget, host: Host | undefined): Refusal | undefined {
  if (host === undefined && target.authority === undefined && request.httpVersion !== "1.0") {
    return new Refusal(400, "The Host field is missing.");
  }
  if (target.authority === undefined) return undefined;
  if (target.scheme !== request.scheme)
    return new Refusal(400, "The request target has another scheme than the connection.");
  if (host !== undefined && !isSameHost(host, target.authority, request.scheme)) {
    return new Refusal(400, "The request target and the Host field name different servers.");
  }
  return undefined;
}

/** Message framing: the parser below decided where the body ends; here it is made sure that it cannot have decided otherwise. */
function checkCoding(request: GatewayRequest, fields: Fields): Refusal | undefined {
  if (fields.transferEncoding === undefined) return undefined;
  if (request.httpVersion !== "1.1")
    return new Refusal(400, `Transfer-Encoding does not exist in HTTP/${request.httpVersion}.`);
  if (fields.contentLength !== undefined)
    return new Refusal(400, "Content-Length and Transfer-Encoding exclude each other.");
  const coding = fields.transferEncoding.toLowerCase();
  if (coding === "chunked") return undefined;
  // RFC 9112 §6.1: a coding we do not know is 501; a list that is malformed is 400.
  return /^[a-z-]+(?:[ \t]*,[ \t]*[a-z-]+)*[ \t]*,[ \t]*chunked$/.test(coding) && !/chunked.*chunked/.test(coding)
    ? new Refusal(501, "Transfer codings other than chunked are not served.")
    : new Refusal(400, "The Transfer-Encoding field is malformed.");
}

function finish(
  request: GatewayRequest,
  target: RequestTarget,
  host: Host | undefined,
  fields: Fields,
  limits: HeadLimits,
): RequestHead | Refusal {
  let contentLength: number | undefined = 0;
  if (fields.contentLength !== undefined) {
    if (!/^[0-9]+$/.test(fields.contentLength)) return new Refusal(400, "The Content-Length field is not a number.");
    // Digits beyond 2^53 lose precision, and are over any limit all the same.
    contentLength = Number(fields.contentLength);
    if (contentLength > limits.body) return bodyTooLarge(limits.body);
  } else if (fields.transferEncoding !== undefined || isOpen(request)) contentLength = undefined;
  let expectsContinue = false;
  if (fields.expect !== undefined && request.httpVersion !== "1.0") {
    if (fields.expect.toLowerCase() !== "100-continue")
      return new Refusal(417, "The only expectation that is known is 100-continue.");
    expectsContinue = contentLength !== 0;
  }
  return { target, host, contentLength, expectsContinue, forwarded: fields.forwarded };
}

/** HTTP/2 frames a body by itself: one may come without any field that says so. */
function isOpen({ httpVersion, bodiless }: GatewayRequest): boolean {
  return httpVersion === "2.0" && bodiless !== true;
}

/** 413, saying which limit it was. */
export function bodyTooLarge(limit: number): Refusal {
  return new Refusal(413, `The request body is larger than limits.body allows (${limit} bytes).`);
}

/** The fields that decide about the message itself. */
class Fields {
  host: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  expect: string | undefined;
  forwarded = false;
}

function readFields(rawHeaders: readonly string[], limits: HeadLimits): Fields | Refusal {
  if (rawHeaders.length > limits.headerLines * 2) {
    return new Refusal(431, `There are more header lines than limits.headerLines allows (${limits.headerLines}).`);
  }
  const fields = new Fields();
  let bytes = 0;
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    bytes += name.length + value.length + 4;
    const which = singleField(name);
    if (which === 0) {
      if (isForwarding(name)) fields.forwarded = true;
      continue;
    }
    if ((seen & which) !== 0) return new Refusal(400, "A header field that can only stand once stands there twice.");
    seen |= which;
    if (which === HOST) fields.host = value;
    else if (which === CONTENT_LENGTH) fields.contentLength = value;
    else if (which === TRANSFER_ENCODING) fields.transferEncoding = value;
    else if (which === EXPECT) fields.expect = value;
  }
  if (bytes > limits.headerBytes) {
    return new Refusal(
      431,
      `The header lines are longer than limits.headerBytes allows (${limits.headerBytes} bytes).`,
    );
  }
  return fields;
}

const HOST = 1;
const EXPECT = 2;
const CONTENT_LENGTH = 4;
const TRANSFER_ENCODING = 8;
const CONTENT_TYPE = 16;
const AUTHORIZATION = 32;
const IF_RANGE = 64;
const IF_MODIFIED_SINCE = 128;
const IF_UNMODIFIED_SINCE = 256;

/** A bit for each field that has one value (RFC 9110 §5.3), 0 for all others. The length sorts nearly all names out. */
function singleField(name: string): number {
  switch (name.length) {
    case 4:
      return isName(name, "host") ? HOST : 0;
    case 6:
      return isName(name, "expect") ? EXPECT : 0;
    case 8:
      return isName(name, "if-range") ? IF_RANGE : 0;
    case 12:
      return isName(name, "content-type") ? CONTENT_TYPE : 0;
    case 13:
      return isName(name, "authorization") ? AUTHORIZATION : 0;
    case 14:
      return isName(name, "content-length") ? CONTENT_LENGTH : 0;
    case 17:
      if (isName(name, "transfer-encoding")) return TRANSFER_ENCODING;
      return isName(name, "if-modified-since") ? IF_MODIFIED_SINCE : 0;
    case 19:
      return isName(name, "if-unmodified-since") ? IF_UNMODIFIED_SINCE : 0;
    default:
      return 0;
  }
}

/** Equal but for the case of ASCII letters; `-` has the bit of lower case set already. */
function isName(name: string, lower: string): boolean {
  for (let at = 0; at < lower.length; at++) if ((name.charCodeAt(at) | 0x20) !== lower.charCodeAt(at)) return false;
  return true;
}
