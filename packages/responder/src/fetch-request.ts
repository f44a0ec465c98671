import type { ActiveRequest } from "./active-request.ts";
import { toWebStream } from "./body-streams.ts";
import type { FastCGIRequest } from "./incoming.ts";

/** What stands in a URL between `//` and `/`, without user and password; the URL parser knows the rest. */
const AUTHORITY = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~!$&'()*+,;=-]+)(?::\d*)?$/;

const KNOWN_HOSTS = 1_000;
const authorities = new Map<string, string>();

/** What a URL parser would take away or turn into something else: `\`, `#`, spaces, controls, bytes above ASCII. */
const REWRITTEN = /[^\x21-\x7e]|[\\#]/g;

/** The same as the web's `Request`, with the body as a stream. */
export function toRequest(active: ActiveRequest): Request {
  const { request, body } = active;
  const init: RequestInit = {
    method: request.method,
    headers: toHeaders(request.rawHeaders),
    signal: active.signal,
  };
  if (mayHaveBody(request)) {
    init.body = toWebStream(body);
    init.duplex = "half";
  }
  return new Request(requestUrl(request.scheme, request.host, request.url), init);
}

/**
 * The absolute URL of a request. A host that is not one (`evil.test/admin?`) would move the border
 * between host and path, so it is replaced; characters that a URL parser would rewrite or drop are
 * percent-encoded, so that path and query mean the bytes that came.
 */
export function requestUrl(scheme: "http" | "https", host: string, url: string): string {
  const authority = authorities.get(host) ?? readAuthority(host);
  const absolute = /^https?:\/\/[^/?]*/i.exec(url);
  const target = absolute === null ? url : url.slice(absolute[0].length);
  const encoded = target.replace(REWRITTEN, percentEncode);
  return `${scheme}://${authority}${encoded.startsWith("/") ? "" : "/"}${encoded}`;
}

function readAuthority(host: string): string {
  const authority = AUTHORITY.test(host) && URL.canParse(`http://${host}/`) ? host : "localhost";
  if (authorities.size === KNOWN_HOSTS) authorities.clear();
  authorities.set(host, authority);
  return authority;
}

function mayHaveBody(request: FastCGIRequest): boolean {
  return request.contentLength !== 0 && request.method !== "GET" && request.method !== "HEAD";
}

function toHeaders(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at < raw.length; at += 2) headers.append(raw[at]!, raw[at + 1]!);
  return headers;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
