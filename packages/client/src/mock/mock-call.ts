import { Role } from "@x/protocol";
import type { Params } from "@x/protocol";
import { toRequestHead } from "@x/protocol/cgi";

import type { RoleName } from "../dispatcher.ts";

/** A request that came, all of it. */
export interface MockCall {
  /** The role that was asked for. */
  role: RoleName;
  /** REQUEST_METHOD. */
  method: string;
  /** REQUEST_URI with its query; where there is none, SCRIPT_NAME, PATH_INFO and QUERY_STRING put together. */
  path: string;
  /** Values are latin-1, one character a byte. */
  params: Readonly<Record<string, string>>;
  /** What `HTTP_*`, CONTENT_TYPE and CONTENT_LENGTH say, by lower-case name. */
  headers: Readonly<Record<string, string>>;
  /** FCGI_STDIN. */
  body: Buffer;
  /** The body, read as UTF-8. */
  text: string;
  /** FCGI_DATA of a filter. */
  data: Buffer;
  /** Aborted when the caller has given the request up. */
  signal: AbortSignal;
  /** Was there an interceptor for it? */
  matched: boolean;
}

const ROLES: Readonly<Record<number, RoleName>> = {
  [Role.Responder]: "responder",
  [Role.Authorizer]: "authorizer",
  [Role.Filter]: "filter",
};

/** Reads a request as an application does. */
export function toCall(
  request: { role: number; params: Params; body: Buffer; data: Buffer },
  signal: AbortSignal,
): MockCall {
  const { role, params, body, data } = request;
  const { method, url, rawHeaders } = toRequestHead(params);
  const headers = Object.create(null) as Record<string, string>;
  for (let at = 0; at < rawHeaders.length; at += 2) headers[rawHeaders[at]!] = rawHeaders[at + 1]!;
  return {
    role: ROLES[role] ?? "responder",
    method,
    path: url,
    params: params.toObject(),
    headers,
    body,
    text: body.toString(),
    data,
    signal,
    matched: false,
  };
}
