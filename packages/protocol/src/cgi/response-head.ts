import { FastCGIError } from "../errors.ts";
import { checkLimit } from "../limit.ts";
import { internName } from "../name-cache.ts";
import { readLatin1 } from "../text.ts";
import { FIELD_VALUE } from "./field-syntax.ts";
import { badHead, badLine, headOverflow } from "./head-error.ts";
import type { ResponseHead } from "./response-kind.ts";
import { readResponseHead } from "./response-kind.ts";
import type { FieldMarks } from "./scan-line.ts";
import { BAD, indexOfLineFeed, lineText, scanLine, SHORTEST_FIELD } from "./scan-line.ts";

/** Used within one call, and so by all decoders. */
const marks: FieldMarks = { offsets: [], count: 0 };

/** Limits and the listener of a {@link ResponseHeadDecoder}. */
export interface ResponseHeadDecoderOptions {
  /**
   * Bytes of the whole head, empty line included; informational heads before it count too.
   *
   * @default 65536
   */
  maxBytes?: number;
  /**
   * Lines of the whole head without the empty one; informational heads before it count too.
   *
   * @default 200
   */
  maxLines?: number;
  /**
   * Takes a status line, `HTTP/1.1 200 OK`, in place of the Status field, as scripts that speak to the client directly
   * send it (RFC 3875 §5, "NPH"). FastCGI has no such scripts; for SCGI nginx takes both.
   *
   * @default false
   */
  statusLine?: boolean;
  /**
   * Called for each `Status: 103` head that comes before the final one (RFC 8297 Early Hints); without it
   * such heads are read and dropped. `rawHeaders` is as in {@link ResponseHead} and the callee's to keep.
   */
  onInformational?: (statusCode: 103, rawHeaders: string[]) => void;
}

/**
 * Reads the head of a CGI response (RFC 3875 §6), in pieces of any size and with the same result for
 * any pieces. The bytes are read where they lie; only a line that is split over two pieces is copied.
 *
 * Lines may end in LF or CR LF. Refused, as a server that guesses can be made to guess wrong: folded
 * lines, white space before the colon, control bytes, a repeated Content-Type, Location or Status,
 * Content-Length fields that differ, a Status outside 200–599 other than 103, and a head that has none
 * of Content-Type, Location and Status.
 *
 * @example
 * const decoder = new ResponseHeadDecoder();
 * const body = decoder.push(chunk, 0, chunk.length);
 * if (body >= 0) start(decoder.head, chunk.subarray(body));
 */
export class ResponseHeadDecoder {
  readonly #maxBytes: number;
  readonly #maxLines: number;
  readonly #onInformational: ((statusCode: 103, rawHeaders: string[]) => void) | undefined;
  readonly #statusLine: boolean;
  /** May the next line be a status line? */
  #expectsStatusLine: boolean;
  #fields: string[] = [];
  #head: ResponseHead | undefined;
  #failure: unknown;
  #bytes = 0;
  #lines = 0;
  /** The beginning of a line whose end has not come yet. */
  #carry: Uint8Array | undefined;
  #carried = 0;

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a limit that is not a positive integer */
  constructor(options: ResponseHeadDecoderOptions = {}) {
    const { maxBytes = 65_536, maxLines = 200, statusLine = false } = options;
    this.#maxBytes = checkLimit("maxBytes", maxBytes);
    this.#maxLines = checkLimit("maxLines", maxLines);
    this.#onInformational = options.onInformational;
    this.#statusLine = this.#expectsStatusLine = statusLine;
  }

  /** How many bytes of head have come, informational heads included. */
  get bytes(): number {
    return this.#bytes + this.#carried;
  }

  /**
   * The head, once {@link ResponseHeadDecoder.push} has returned an index.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` before that
   */
  get head(): ResponseHead {
    if (this.#head !== undefined) return this.#head;
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "The response head is not complete yet.");
  }

  /**
   * Takes the next bytes of the application's stdout.
   *
   * @returns the index of the first byte of the body, at most `end`; -1 while the head is incomplete;
   * `start` when the head was complete before
   * @throws FastCGIError `FCGI_ERR_BAD_RESPONSE_HEAD` or `FCGI_ERR_HEADERS_OVERFLOW`; the decoder is then
   * of no use, and throws the same again
   */
  push(chunk: Uint8Array, start: number = 0, end: number = chunk.length): number {
    if (this.#head !== undefined) return start;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const body = this.#carried === 0 ? this.#read(chunk, start, end) : this.#readOn(chunk, start, end);
      if (body >= 0) this.#carry = undefined;
      return body;
    } catch (error) {
      this.#failure = error;
      this.#carry = undefined;
      throw error;
    }
  }

  /**
   * Says that the application's stdout has ended.
   *
   * @throws FastCGIError `FCGI_ERR_BAD_RESPONSE_HEAD` when the head is not complete (RFC 3875 §6.1: a
   * script must always return something)
   */
  end(): void {
    if (this.#head !== undefined) return;
    this.#failure ??= badHead(
      this.bytes === 0 ? "is missing: nothing came before the end" : "ends before its empty line",
    );
    throw this.#failure;
  }

  /** Completes the line that the chunk before has begun, then goes on in place. */
  #readOn(chunk: Uint8Array, start: number, end: number): number {
    const lineEnd = indexOfLineFeed(chunk, start, end) + 1;
    this.#keep(chunk, start, lineEnd === 0 ? end : lineEnd);
    if (lineEnd === 0) return -1;
    const line = this.#carry as Uint8Array;
    const length = this.#carried;
    this.#carried = 0;
    return this.#read(line, 0, length) < 0 ? this.#read(chunk, lineEnd, end) : lineEnd;
  }

  /** Reads whole lines in place up to the end of the head, and keeps the beginning of one that is not whole. */
  #read(chunk: Uint8Array, start: number, end: number): number {
    let region = start;
    let line = start;
    marks.count = 0;
    for (;;) {
      let next = scanLine(chunk, line, end, marks);
      if (next === BAD && this.#expectsStatusLine) next = this.#readStatusLine(chunk, line, end);
      if (next < 0) {
        this.#collect(chunk, region, line);
        if (next === BAD) this.#refuse(chunk, line, end);
        this.#keep(chunk, line, end);
        return -1;
      }
      this.#expectsStatusLine = false;
      this.#bytes += next - line;
      if (this.#bytes > this.#maxBytes) throw headOverflow(`${this.#maxBytes} bytes`);
      if (next - line >= SHORTEST_FIELD) {
        if (++this.#lines > this.#maxLines) throw headOverflow(`${this.#maxLines} lines`);
      } else {
        this.#collect(chunk, region, next);
        if (this.#finish()) return next;
        marks.count = 0;
        region = next;
      }
      line = next;
    }
  }

  /** Turns the marked fields into strings: one read of the whole region, of which the values are slices. */
  #collect(chunk: Uint8Array, start: number, end: number): void {
    const { offsets, count } = marks;
    if (count === 0) return;
    const text = readLatin1(chunk, start, end);
    for (let at = 0; at < count; at += 4) {
      this.#fields.push(
        internName(chunk, offsets[at] as number, offsets[at + 1] as number),
        text.slice((offsets[at + 2] as number) - start, (offsets[at + 3] as number) - start),
      );
    }
    marks.count = 0;
  }

  /** The empty line has come: is this the final head? */
  #finish(): boolean {
    const fields = this.#fields;
    if (this.#bytes <= 2) throw badHead("begins with an empty line");
    this.#head = readResponseHead(fields);
    if (this.#head !== undefined) return true;
    this.#fields = [];
    this.#onInformational?.(103, fields);
    this.#expectsStatusLine = this.#statusLine;
    return false;
  }

  /** Takes a status line for the Status field; {@link BAD} when it is none, or has not come to its end. */
  #readStatusLine(chunk: Uint8Array, start: number, end: number): number {
    const lineFeed = indexOfLineFeed(chunk, start, end);
    if (lineFeed < 0) return BAD;
    const status = /^HTTP\/[0-9]\.[0-9] ([0-9]{3}(?: .*)?)$/.exec(lineText(chunk, start, lineFeed))?.[1];
    if (status === undefined || !FIELD_VALUE.test(status)) return BAD;
    this.#fields.push("Status", status);
    return lineFeed + 1;
  }

  /** Throws if the end of the bad line has come: the error must not depend on how the bytes were cut. */
  #refuse(chunk: Uint8Array, start: number, end: number): void {
    const lineFeed = indexOfLineFeed(chunk, start, end);
    if (lineFeed < 0) return;
    if (this.#bytes + lineFeed + 1 - start > this.#maxBytes) throw headOverflow(`${this.#maxBytes} bytes`);
    throw badLine(lineText(chunk, start, lineFeed));
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const length = this.#carried + (end - start);
    if (this.#bytes + length > this.#maxBytes) throw headOverflow(`${this.#maxBytes} bytes`);
    if (this.#carry === undefined || length > this.#carry.length) {
      const grown = new Uint8Array(Math.min(Math.max(length * 2, 256), this.#maxBytes));
      if (this.#carry !== undefined) grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(chunk.subarray(start, end), this.#carried);
    this.#carried = length;
  }
}
