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
  const { method, url, httpVersion, rawHeaders, scheme, host, remoteAddress, remotePort, contentLength } =
    new LazyRequestHead(params);
  return { method, url, httpVersion, rawHeaders, scheme, host, remoteAddress, remotePort, contentLength };
}

/** As {@link toRequestHead}, each part read when it is asked for; `rawHeaders` once, the others each time. */
export class LazyRequestHead implements RequestHead {
  readonly #params: Params;
  #rawHeaders: string[] | undefined;

  constructor(params: Params) {
    this.#params = params;
  }

  /** REQUEST_METHOD. */
  get method(): string {
    return this.#params.get("REQUEST_METHOD") || "GET";
  }

  /** REQUEST_URI, or what is put together for it. */
  get url(): string {
    return this.#params.get("REQUEST_URI") || makeUrl(this.#params);
  }

  /** Of SERVER_PROTOCOL. */
  get httpVersion(): string {
    const protocol = this.#params.get("SERVER_PROTOCOL");
    if (protocol === "HTTP/1.1" || protocol === undefined) return "1.1";
    return /^HTTP\/([0-9](?:\.[0-9])?)$/.exec(protocol)?.[1] ?? "1.1";
  }

  /** Names in lower case and values in turn. */
  get rawHeaders(): string[] {
    return (this.#rawHeaders ??= readHeaders(this.#params));
  }

  /** By HTTPS or REQUEST_SCHEME. */
  get scheme(): "http" | "https" {
    return readScheme(this.#params);
  }

  /** Of the Host header, else SERVER_NAME and SERVER_PORT. */
  get host(): string {
    return readHost(this.#params);
  }

  /** REMOTE_ADDR. */
  get remoteAddress(): string | undefined {
    return this.#params.get("REMOTE_ADDR") || undefined;
  }

  /** REMOTE_PORT. */
  get remotePort(): number | undefined {
    return readPort(this.#params.get("REMOTE_PORT"));
  }

  /** CONTENT_LENGTH. */
  get contentLength(): number | undefined {
    return parseContentLength(this.#params.get("CONTENT_LENGTH") ?? "");
  }
}

function readHeaders(params: Params): string[] {
  const rawHeaders: string[] = [];
  let plain = true;
  params.forEachSelected(carriesHeader, (value, name) => {
    if (!plain) return;
    const header = paramToHeader(name);
    if (header === undefined) return;
    // What comes twice, and what only a stranger sends so much of, is better looked up in a table.
    plain = rawHeaders.length < MANY && !hasField(rawHeaders, header);
    addHeader(rawHeaders, header, value);
  });
  if (plain) return rawHeaders;
  rawHeaders.length = 0;
  params.forEach((value, name) => {
    const header = paramToHeader(name);
    if (header !== undefined) addHeader(rawHeaders, header, value);
  });
  return rawHeaders;
}

const MANY = 128;

/** Is it HTTP_* or CONTENT_*, by the place of its underscore? What else they let through, `paramToHeader` knows. */
function carriesHeader(bytes: Uint8Array, nameStart: number, nameEnd: number): boolean {
  const length = nameEnd - nameStart;
  if (length > 5 && bytes[nameStart + 4] === UNDERSCORE) return bytes[nameStart] === LETTER_H;
  return length > 11 && bytes[nameStart + 7] === UNDERSCORE && bytes[nameStart] === LETTER_C;
}

const UNDERSCORE = 0x5f;
const LETTER_H = 0x48;
const LETTER_C = 0x43;

function hasField(rawHeaders: readonly string[], header: string): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at] === header) return true;
  return false;
}

function addHeader(rawHeaders: string[], header: string, value: string): void {
  if (value !== "" && LINE_BREAK.test(value)) return;
  if (header === "content-length") {
    // A framework would wait for a body, or refuse, on a text that is no number.
    const length = parseContentLength(value);
    if (length !== undefined) rawHeaders.push(header, String(length));
  } else if (value !== "" || header !== "content-type") {
    rawHeaders.push(header, value);
  }
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

function readHost(params: Params): string {
  const given = params.get("HTTP_HOST") ?? "";
  if (HOST.test(given)) return given;
  const named = params.get("SERVER_NAME") ?? "";
  const name = HOST.test(named) ? named : "localhost";
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  const port = readPort(params.get("SERVER_PORT"));
  return port === undefined || port === (readScheme(params) === "https" ? 443 : 80) ? host : `${host}:${port}`;
}

function readPort(text: string | undefined): number | undefined {
  const port = parseContentLength(text ?? "");
  return port === undefined || port > 65_535 ? undefined : port;
}
