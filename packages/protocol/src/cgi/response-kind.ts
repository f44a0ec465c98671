import { snippet } from "../snippet.ts";
import { parseContentLength } from "./content-length.ts";
import { badHead } from "./head-error.ts";

/**
 * Which of the responses of RFC 3875 §6.2 it is.
 *
 * - `document`: everything that is no redirect (§6.2.1).
 * - `client-redirect`: a Location with a 3xx Status or, without Status, one that makes it 302 (§6.2.3, §6.2.4).
 * - `local-redirect`: a Location that is a path, alone: the server may answer with that resource instead,
 *   or send the 302 as it is (§6.2.2).
 */
export type ResponseKind = "document" | "client-redirect" | "local-redirect";

/** The head of a CGI response. */
export interface ResponseHead {
  /** 200–599. Without a Status field 200, or 302 when there is a Location. */
  statusCode: number;
  /** The reason phrase as sent, latin-1; empty when the Status field has none. */
  statusText: string;
  /**
   * Names and values in turn, latin-1, order and duplicates kept. Not in it: Status, fields without a
   * value (RFC 3875 §6.3: as if not sent), and a Content-Length equal to one before it.
   */
  rawHeaders: string[];
  /** Which of the responses of RFC 3875 §6.2 it is. */
  kind: ResponseKind;
  /** The Location field, which is among the headers, too. */
  location: string | undefined;
  /** Bytes of the body as the application announces them. */
  contentLength: number | undefined;
}

const CONTENT_TYPE = 1;
const STATUS = 2;
const LOCATION = 4;

/**
 * Reads the Status and Location rules of RFC 3875 §6.2–6.3 out of a head's fields.
 *
 * @param fields names and values in turn; the array is taken over
 * @returns undefined for `Status: 103`, after which another head follows; `fields` is then what to forward
 * @throws FastCGIError `FCGI_ERR_BAD_RESPONSE_HEAD` for a missing, repeated or malformed CGI field
 */
export function readResponseHead(fields: string[]): ResponseHead | undefined {
  let seen = 0;
  let statusCode = 200;
  let statusText = "OK";
  let location: string | undefined;
  let contentLength: number | undefined;
  let kept = 0;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    const which = cgiField(name);
    if (which !== 0) {
      if ((seen & which) !== 0) throw badHead(`has more than one ${name} field (RFC 3875 §6.3)`);
      seen |= which;
      if (which === STATUS) {
        statusCode = readStatusCode(value);
        statusText = trimBlanks(value.slice(4));
        continue;
      }
      if (which === LOCATION) location = value;
    } else if (name.length === 14 && spells(name, "Content-Length", "content-length")) {
      const bytes = parseContentLength(value);
      if (bytes === undefined) throw badHead(`has a Content-Length that is no number of bytes: ${snippet(value)}`);
      if (contentLength !== undefined) {
        if (contentLength === bytes) continue;
        throw badHead(`has two Content-Length fields that differ: ${contentLength} and ${bytes}`);
      }
      contentLength = bytes;
    }
    fields[kept++] = name;
    fields[kept++] = value;
  }
  while (fields.length > kept) fields.pop();
  if (seen === 0) throw badHead("has none of Content-Type, Location and Status (RFC 3875 §6.3)");
  if (statusCode === 103) return undefined;

  let kind: ResponseKind = "document";
  if (location !== undefined && (seen & STATUS) === 0) {
    statusCode = 302;
    statusText = "Found";
    kind = kept === 2 && isLocalPath(location) ? "local-redirect" : "client-redirect";
  } else if (location !== undefined && statusCode >= 300 && statusCode < 400) {
    kind = "client-redirect";
  }
  return { statusCode, statusText, rawHeaders: fields, kind, location, contentLength };
}

function cgiField(name: string): number {
  // The length first: lower-casing each name would cost more than the rest of the function.
  if (name.length === 6) return spells(name, "Status", "status") ? STATUS : 0;
  if (name.length === 8) return spells(name, "Location", "location") ? LOCATION : 0;
  if (name.length === 12) return spells(name, "Content-Type", "content-type") ? CONTENT_TYPE : 0;
  return 0;
}

/** Is it that name, in the usual spelling or in any other? */
function spells(name: string, usual: string, lowerCase: string): boolean {
  return name === usual || name.toLowerCase() === lowerCase;
}

/** Three digits, then the end or a space (RFC 3875 §6.3.3): never the prefix of something else. */
function readStatusCode(value: string): number {
  const code = value.length === 3 || value.charCodeAt(3) === 0x20 ? threeDigits(value) : 0;
  if ((code >= 200 && code <= 599) || code === 103) return code;
  if (code >= 100 && code <= 199) throw badHead(`has the status ${code}, which only the server can send`);
  throw badHead(`has a Status that is none: ${snippet(value)}`);
}

/** The number that the first three characters are, or 0. */
function threeDigits(text: string): number {
  let number = 0;
  for (let at = 0; at < 3; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return 0;
    number = number * 10 + digit;
  }
  return number;
}

/** Without spaces and tabs at both ends. Not trim(), for which U+00A0 is white space: in UTF-8 it is the last byte of "à". */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * A path that the server itself can look up (`local-pathquery`, RFC 3875 §6.3.2). Browsers read `//host`
 * and `/\host` as another host, and only a client knows what to do with a fragment.
 */
function isLocalPath(location: string): boolean {
  return /^\/(?![/\\])[\x21\x22\x24-\x7e]*$/.test(location);
}
