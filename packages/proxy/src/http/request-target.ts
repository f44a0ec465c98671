import { type Host, parseHost } from "./host.ts";
import { Refusal } from "./refusal.ts";

/**
 * A request target, understood. Percent signs are decoded exactly once, dot segments go after that and runs of slashes become one:
 * routes, file checks and script names all look at this same path.
 */
export interface RequestTarget {
  /** Path and query as they came, latin-1: REQUEST_URI. */
  readonly raw: string;
  /** Decoded and clean, latin-1: one character a byte. Begins with a slash; `*` for `OPTIONS *`. */
  readonly path: string;
  /** As it came, without the question mark; empty when there is none. */
  readonly query: string;
  /** Of a target in absolute form. */
  readonly authority: Host | undefined;
  /** `http` or `https` of a target in absolute form. */
  readonly scheme: string | undefined;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const HASH = 0x23;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const DEL = 0x7f;

/**
 * Reads a request target (RFC 9112 §3.2); a URL parser would repair what has to be refused.
 *
 * @param target latin-1
 */
export function parseTarget(target: string): RequestTarget | Refusal {
  if (target.charCodeAt(0) === SLASH) return parseOrigin(target, undefined, undefined);
  if (target === "*") return { raw: "*", path: "*", query: "", authority: undefined, scheme: undefined };
  return parseAbsolute(target);
}

function parseAbsolute(target: string): RequestTarget | Refusal {
  const found = /^(https?):\/\/([^/?#]*)/i.exec(target);
  if (found === null) return new Refusal(400, "The request target is neither a path nor an http address.");
  const authority = parseHost(found[2] ?? "");
  if (authority instanceof Refusal)
    return new Refusal(400, "The authority of the request target is not a host name with an optional port.");
  const origin = target.slice(found[0].length);
  // RFC 9112 §3.2.2: an empty path is the root.
  return parseOrigin(origin.startsWith("/") ? origin : `/${origin}`, authority, found[1]?.toLowerCase());
}

function parseOrigin(raw: string, authority: Host | undefined, scheme: string | undefined): RequestTarget | Refusal {
  const end = raw.length;
  let pathEnd = end;
  // One look at each byte tells whether the path can be taken as it is, as nearly all can.
  let clean = true;
  let before = 0;
  for (let at = 0; at < end; at++) {
    const byte = raw.charCodeAt(at);
    if (byte <= 0x20 || byte >= DEL || byte === HASH)
      return new Refusal(400, "The request target holds a byte that must be percent-encoded.");
    if (pathEnd !== end) continue;
    if (byte === QUESTION) pathEnd = at;
    else if (byte === PERCENT || byte === BACKSLASH) clean = false;
    else if (before === SLASH && (byte === SLASH || byte === DOT)) clean = false;
    before = byte;
  }
  const written = raw.slice(0, pathEnd);
  const path = clean ? written : cleanPath(written);
  if (typeof path !== "string") return path;
  return { raw, path, query: raw.slice(pathEnd + 1), authority, scheme };
}

/** Decodes percent signs once, then removes dot segments (RFC 3986 §5.2.4) and doubled slashes. */
function cleanPath(path: string): string | Refusal {
  const end = path.length;
  const out = Buffer.allocUnsafe(end);
  let length = 0;
  for (let at = 0; at < end; at++) {
    let byte = path.charCodeAt(at);
    if (byte === PERCENT) {
      byte = at + 2 < end ? hexPair(path.charCodeAt(at + 1), path.charCodeAt(at + 2)) : -1;
      if (byte < 0) return new Refusal(400, "The path has a percent sign without two hexadecimal digits.");
      if (byte < 0x20 || byte === DEL) return new Refusal(400, "The path holds an encoded control character.");
      if (byte === SLASH || byte === BACKSLASH)
        return new Refusal(400, "The path holds an encoded slash or backslash.");
      at += 2;
    } else if (byte === BACKSLASH) return new Refusal(400, "The path holds a backslash.");
    else if (byte === SLASH) {
      length = endSegment(out, length);
      if (length < 0) return ABOVE_ROOT;
      if (length > 0 && out[length - 1] === SLASH) continue;
    }
    out[length++] = byte;
  }
  length = endSegment(out, length);
  return length < 0 ? ABOVE_ROOT : out.toString("latin1", 0, length);
}

const ABOVE_ROOT = new Refusal(400, "The path leads above the root.");

/** Takes a last segment of one or two dots back; -1 when that leads above the root. */
function endSegment(out: Buffer, length: number): number {
  if (out[length - 1] !== DOT || length < 2) return length;
  if (out[length - 2] === SLASH) return length - 1;
  if (out[length - 2] !== DOT || out[length - 3] !== SLASH) return length;
  const parent = out.lastIndexOf(SLASH, length - 4);
  return length === 3 || parent < 0 ? -1 : parent + 1;
}

function hexPair(high: number, low: number): number {
  const a = hexDigit(high);
  const b = hexDigit(low);
  return a < 0 || b < 0 ? -1 : a * 16 + b;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
