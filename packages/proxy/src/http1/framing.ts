import type { HeadScanner } from "./head-scanner.ts";
import { Malformed } from "./malformed.ts";

const TWO_LENGTHS = new Malformed(400, "There are two Content-Length lines.");
const BAD_LENGTH = new Malformed(400, "The Content-Length field is not a number.");
const HUGE_LENGTH = new Malformed(413, "The Content-Length field is larger than any body can be.");
const TWO_CODINGS = new Malformed(400, "There are two Transfer-Encoding lines.");
const BAD_CODING = new Malformed(400, "The Transfer-Encoding field is malformed.");
const OTHER_CODING = new Malformed(501, "Transfer codings other than chunked are not served.");
const OLD_CODING = new Malformed(400, "Transfer-Encoding does not exist in HTTP/1.0.");
const BOTH = new Malformed(400, "Content-Length and Transfer-Encoding exclude each other.");

const TAB = 0x09;
const SPACE = 0x20;
const COMMA = 0x2c;
const ZERO = 0x30;

/** Digits of 2^64, which no length has; fewer may still be more than can be counted. */
const MANY_DIGITS = 20;

/** Codings that exist (RFC 9112 §7): a list of them that ends in `chunked` is understood, and not served. */
const KNOWN_CODINGS: readonly string[] = ["compress", "deflate", "gzip", "identity", "x-compress", "x-gzip"];

/** How long the body of a request is and whether the connection goes on after it (RFC 9112 §6, §9.3), by the lines of its head. */
export class Framing {
  /** Bytes of the body; of a chunked one 0. */
  length = 0;
  chunked = false;
  /** The client says that it sends no other request. */
  close = false;
  /** A client of HTTP/1.0 asks for more than one request. */
  keepAlive = false;
  #hasLength = false;

  /** @returns what is wrong: whatever could be read in two ways is refused, never guessed */
  read(head: HeadScanner): Malformed | undefined {
    this.length = 0;
    this.chunked = this.close = this.keepAlive = this.#hasLength = false;
    const { marks, text } = head;
    for (let mark = 0, end = head.lines * 4; mark < end; mark += 4) {
      const at = marks[mark] as number;
      const malformed = this.#readLine(text, at, (marks[mark + 1] as number) - at, marks, mark);
      if (malformed !== undefined) return malformed;
    }
    if (!this.chunked) return undefined;
    if (head.version !== 11) return OLD_CODING;
    return this.#hasLength ? BOTH : undefined;
  }

  /** The names of the lines that matter here have three lengths. */
  #readLine(text: string, at: number, length: number, marks: readonly number[], mark: number): Malformed | undefined {
    const start = marks[mark + 2] as number;
    const end = marks[mark + 3] as number;
    if (length === 10) {
      if (isWord(text, at, at + length, "connection")) this.#readConnection(text, start, end);
    } else if (length === 14) {
      if (isWord(text, at, at + length, "content-length"))
        return isTabbed(text, at + length, start, end) ? BAD_LENGTH : this.#readLength(text, start, end);
    } else if (length === 17 && isWord(text, at, at + length, "transfer-encoding")) {
      return isTabbed(text, at + length, start, end) ? BAD_CODING : this.#readCoding(text, start, end);
    }
    return undefined;
  }

  #readLength(text: string, start: number, end: number): Malformed | undefined {
    if (this.#hasLength) return TWO_LENGTHS;
    if (start === end) return BAD_LENGTH;
    let length = 0;
    let digits = 0;
    for (let at = start; at < end; at++) {
      const digit = text.charCodeAt(at) - ZERO;
      if (digit < 0 || digit > 9) return BAD_LENGTH;
      if (digit > 0 || digits > 0) digits++;
      length = length * 10 + digit;
    }
    if (digits >= MANY_DIGITS) return BAD_LENGTH;
    if (length > Number.MAX_SAFE_INTEGER) return HUGE_LENGTH;
    this.#hasLength = true;
    this.length = length;
    return undefined;
  }

  #readCoding(text: string, start: number, end: number): Malformed | undefined {
    if (this.chunked) return TWO_CODINGS;
    if (!isWord(text, start, end, "chunked"))
      return isKnownList(text.slice(start, end).toLowerCase()) ? OTHER_CODING : BAD_CODING;
    this.chunked = true;
    return undefined;
  }

  #readConnection(text: string, start: number, end: number): void {
    let from = start;
    for (let at = start; at <= end; at++) {
      if (at < end && text.charCodeAt(at) !== COMMA) continue;
      let to = at;
      while (from < to && isBlank(text.charCodeAt(from))) from++;
      while (from < to && isBlank(text.charCodeAt(to - 1))) to--;
      if (isWord(text, from, to, "close")) this.close = true;
      else if (isWord(text, from, to, "keep-alive")) this.keepAlive = true;
      from = at + 1;
    }
  }
}

/** Does a trailer section hold a line that would have decided about the message, had it come before? */
export function hasFraming({ text, marks, lines }: HeadScanner): boolean {
  for (let mark = 0; mark < lines * 4; mark += 4) {
    const start = marks[mark] as number;
    const end = marks[mark + 1] as number;
    if (isWord(text, start, end, "content-length") || isWord(text, start, end, "transfer-encoding")) return true;
  }
  return false;
}

/** Is a part of a text that word, but for the case of ASCII letters? */
function isWord(text: string, start: number, end: number, lower: string): boolean {
  if (end - start !== lower.length) return false;
  for (let at = 0; at < lower.length; at++) {
    const code = text.charCodeAt(start + at);
    if ((code >= 0x41 && code <= 0x5a ? code | 0x20 : code) !== lower.charCodeAt(at)) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** Is there a tab beside the value? Legal, and known only from attacks on servers that read it differently. */
function isTabbed(text: string, nameEnd: number, start: number, end: number): boolean {
  for (let at = nameEnd + 1; at < start; at++) if (text.charCodeAt(at) === TAB) return true;
  for (let at = end; isBlank(text.charCodeAt(at)); at++) if (text.charCodeAt(at) === TAB) return true;
  return false;
}

function isKnownList(codings: string): boolean {
  const names = codings.split(",").map((name) => name.trim());
  return names.pop() === "chunked" && names.length > 0 && names.every((name) => KNOWN_CODINGS.includes(name));
}
