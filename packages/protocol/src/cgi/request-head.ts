import type { Params } from "../params.ts";
import { parseContentLength } from "./content-length.ts";
import { paramToHeader } from "./header-names.ts";

/** A request as a responder sees it, read out of its meta-variables. Strings are latin-1. */
export interface RequestHead {
  /** REQUEST_METHOD; `GET` when a client of little effort leaves it out. */
  method: string;
  /** REQUEST_URI as received, never decoded; without it SCRIPT_NAME, PATH_INFO and QUERY_STRING put together. */
  url: string;
  /** `1.1`, `2.0`, … out of SERVER_PROTOCOL; `1.1` when that is something else. */
  httpVersion: string;
  /**
   * Names in lower case and values in turn, as the server passed them, latin-1. Left out: `proxy`
   * (CVE-2016-5385), values with CR, LF or NUL, and an empty or malformed Content-Length or -Type.
   */
  rawHeaders: string[];
  /** `https` when HTTPS is set and not `off`, or REQUEST_SCHEME says so. */
  scheme: "http" | "https";
  /** The Host header, else SERVER_NAME with SERVER_PORT, else `localhost`; fit to be put into a URL. */
  host: string;
  /** REMOTE_ADDR: an IP address, or `unix:` where nginx listens on a UNIX socket. */
  remoteAddress: string | undefined;
  /** REMOTE_PORT. */
  remotePort: number | undefined;
  /** CONTENT_LENGTH; undefined when it is missing, empty or no number: the end of STDIN is then the end. */
  contentLength: number | undefined;
}

/**
 * Reads the head of a request out of its params (RFC 3875 §4.1). It takes what real servers send: nginx
 * sends empty variables for what is missing, which mean the same (§4.1). It never throws.
 */
export function toRequestHead(params: Params): RequestHead {
  const scheme = readScheme(params);
  const contentLength = parseContentLength(params.get("CONTENT_LENGTH") ?? "");
  const protocol = /^HTTP\/([0-9](?:\.[0-9])?)$/.exec(params.get("SERVER_PROTOCOL") ?? "");
  return {
    method: params.get("REQUEST_METHOD") || "GET",
    url: params.get("REQUEST_URI") || makeUrl(params),
    httpVersion: protocol?.[1] ?? "1.1",
    rawHeaders: readHeaders(params, contentLength),
    scheme,
    host: readHost(params, scheme),
    remoteAddress: params.get("REMOTE_ADDR") || undefined,
    remotePort: readPort(params.get("REMOTE_PORT")),
    contentLength,
  };
}

function readHeaders(params: Params, contentLength: number | undefined): string[] {
  const rawHeaders: string[] = [];
  params.forEach((value, name) => {
    const header = paramToHeader(name);
    if (header === undefined || LINE_BREAK.test(value)) return;
    if (name === "CONTENT_LENGTH") {
      // A framework would wait for a body, or refuse, on a text that is no number.
      if (contentLength !== undefined) rawHeaders.push(header, String(contentLength));
    } else if (value !== "" || name !== "CONTENT_TYPE") {
      rawHeaders.push(header, value);
    }
  });
  return rawHeaders;
}

/** No server can have received it, and `Headers` throws on it. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const LINE_BREAK = /[\0\r\n]/;

function readScheme(params: Params): "http" | "https" {
  const https = params.get("HTTPS") ?? "";
  if (https !== "") return https.toLowerCase() === "off" ? "http" : "https";
  return params.get("REQUEST_SCHEME") === "https" ? "https" : "http";
}

/** SCRIPT_NAME and PATH_INFO are decoded (RFC 3875 §4.1.5, §4.1.13), a URL is not. */
function makeUrl(params: Params): string {
  const path = (params.get("SCRIPT_NAME") ?? "") + (params.get("PATH_INFO") ?? "");
  const query = params.get("QUERY_STRING") ?? "";
  const encoded = path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g, percentEncode);
  return (encoded.startsWith("/") ? encoded : `/${encoded}`) + (query === "" ? "" : `?${query}`);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** What can stand for the host in a URL without changing the rest of it; a client chooses the Host header. */
const HOST = /^[^\0-\x20"#/<>?@\\^`{|}\x7f-\xff]+$/;

function readHost(params: Params, scheme: "http" | "https"): string {
  const given = params.get("HTTP_HOST") ?? "";
  if (HOST.test(given)) return given;
  const named = params.get("SERVER_NAME") ?? "";
  const name = HOST.test(named) ? named : "localhost";
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  const port = readPort(params.get("SERVER_PORT"));
  return port === undefined || port === (scheme === "https" ? 443 : 80) ? host : `${host}:${port}`;
}

function readPort(text: string | undefined): number | undefined {
  const port = parseContentLength(text ?? "");
  return port === undefined || port > 65_535 ? undefined : port;
}
