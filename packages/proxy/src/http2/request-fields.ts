import type { GatewayRequest } from "../gateway-request.ts";
import { methodAt } from "../http1/methods.ts";

/** The head of a request as the gateway knows it from HTTP/1. */
export interface RequestFields extends Pick<GatewayRequest, "method" | "rawHeaders"> {
  /** Latin-1. */
  readonly target: string;
}

/** Why a head is no request. */
export class BadFields {
  readonly reason: string;
  /** What the client is answered with. */
  readonly status: number;

  constructor(reason: string, status: number = 400) {
    this.reason = reason;
    this.status = status;
  }
}

/** What a method may be spelt with (RFC 9110 §9.1); one of that spelling is unknown, and not malformed. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Turns the fields of a stream into a request (RFC 9113 §8.3). What HTTP/2 itself forbids has been refused before; what is left is what a
 * request of HTTP/1 could not say, or would say in another way.
 *
 * @param fields names and values in turn, with the pseudo-headers
 */
export function readFields(fields: readonly string[]): RequestFields | BadFields {
  let method = "";
  let target: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let cookie = -1;
  const rawHeaders: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (name.startsWith(":")) {
      if (name === ":method") method = value;
      else if (name === ":path") target = value;
      else if (name === ":scheme") scheme = value;
      else if (name === ":authority") authority = value;
      else return new BadFields(`The pseudo-header ${name} is not served.`);
    } else if (name === "cookie" && cookie >= 0) rawHeaders[cookie] += `; ${value}`;
    else {
      if (name === "cookie") cookie = rawHeaders.length + 1;
      rawHeaders.push(name, value);
    }
  }
  if (methodAt(method, method.length) === undefined)
    return new BadFields("No method of that name is known.", TOKEN.test(method) ? 501 : 400);
  // That of the connection counts; this one may only be one of HTTP.
  if (scheme !== undefined && scheme !== "https" && scheme !== "http")
    return new BadFields("The scheme is none of HTTP.");
  // The form with an authority in it (RFC 9112 §3.2.2) has no place here.
  if (method !== "CONNECT" && (target === undefined || (!target.startsWith("/") && target !== "*")))
    return new BadFields("The path does not begin with a slash.");
  return {
    method,
    target: target ?? "",
    rawHeaders: authority === undefined ? rawHeaders : withHost(rawHeaders, authority),
  };
}

/** The authority in place of an equal Host field; two that differ are for the gateway to refuse. */
function withHost(rawHeaders: readonly string[], authority: string): string[] {
  const lower = authority.toLowerCase();
  const all = ["host", authority];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    if (name !== "host" || value.toLowerCase() !== lower) all.push(name, value);
  }
  return all;
}
