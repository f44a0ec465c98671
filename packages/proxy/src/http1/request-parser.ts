import { ChunkedScanner } from "./chunked-scanner.ts";
import { fieldName } from "./field-names.ts";
import { Framing, hasFraming } from "./framing.ts";
import { type HeadLimits, HeadScanner } from "./head-scanner.ts";
import { Malformed } from "./malformed.ts";
import { methodAt } from "./methods.ts";

/** What {@link RequestParser.next} found. */
export type ParserEvent = typeof MORE | typeof HEAD | typeof DATA | typeof END | typeof MALFORMED;

/** Nothing yet: all bytes were looked at, more are needed. */
const MORE = 0;
/** A head: its parts are in the parser until the next call. */
export const HEAD = 1;
/** Bytes of the body. */
export const DATA = 2;
/** A chunked body is complete. */
export const END = 3;
/** {@link RequestParser.malformed} says why nothing of this connection can be understood any more. */
export const MALFORMED = 4;

const IN_HEAD = 0;
const IN_LENGTH = 1;
const IN_CHUNKS = 2;
const IN_TRAILERS = 3;
const STOPPED = 4;

/** RFC 9110 §15.6.2. */
const UNKNOWN_METHOD = new Malformed(501, "No method of that name is known.");
const CONNECT = new Malformed(405);
const FRAMING_AFTER_BODY = new Malformed(400, "A line after the body would decide where the body ends.");

/**
 * Requests out of the bytes of one connection, whatever pieces they come in (RFC 9112). It holds no socket and no timer, looks at
 * each byte once, and is strict: what two readers could understand in two ways ends the connection.
 *
 * @example
 * for (let at = start; at < end; at = parser.at) {
 *   switch (parser.next(bytes, at, end)) { … }
 * }
 */
export class RequestParser {
  /** Where the next call goes on. */
  at = 0;
  /** After HEAD and DATA: nothing of this request has to come any more. */
  complete = false;
  /** After DATA. */
  dataStart = 0;
  dataEnd = 0;
  malformed: Malformed | undefined;
  /** After HEAD, up to `chunked`. */
  method = "";
  /** Latin-1. */
  target = "";
  httpVersion: "1.0" | "1.1" = "1.1";
  /** Names and values in turn, latin-1. */
  rawHeaders: string[] = [];
  /** Does the client want to send another request after this one? */
  persistent = false;
  chunked = false;
  readonly #head: HeadScanner;
  readonly #chunks = new ChunkedScanner();
  readonly #framing = new Framing();
  #state = IN_HEAD;
  /** Bytes of a body of known length that have to come yet. */
  #left = 0;

  constructor(limits: HeadLimits) {
    this.#head = new HeadScanner(limits);
  }

  /** Has a head begun and not ended? */
  get inHead(): boolean {
    return this.#state === IN_HEAD && !this.#head.untouched;
  }

  /** Of a head that is not whole, or is refused: the request line as far as it came; latin-1. */
  get requestLine(): string {
    return this.#head.requestLine;
  }

  /** Looks at the bytes from `start` on, up to the first thing worth telling; {@link RequestParser.at} is behind it then. */
  next(bytes: Buffer, start: number, end: number): ParserEvent {
    switch (this.#state) {
      case IN_HEAD:
        return this.#scanHead(bytes, start, end);
      case IN_LENGTH: {
        const length = Math.min(this.#left, end - start);
        this.#left -= length;
        this.dataStart = start;
        this.at = this.dataEnd = start + length;
        if (this.#left === 0) this.#finish();
        return DATA;
      }
      case IN_CHUNKS:
        return this.#scanChunks(bytes, start, end);
      case IN_TRAILERS:
        return this.#scanTrailers(bytes, start, end);
      default:
        this.at = end;
        return MALFORMED;
    }
  }

  #scanHead(bytes: Buffer, start: number, end: number): ParserEvent {
    const head = this.#head;
    this.complete = false;
    this.at = head.scan(bytes, start, end);
    if (head.malformed !== undefined) return this.#stop(head.malformed);
    if (!head.done) return MORE;
    const malformed = this.#readHead(head) ?? this.#framing.read(head);
    if (malformed !== undefined) return this.#stop(malformed);
    const { length, chunked, close, keepAlive } = this.#framing;
    this.persistent = !close && (head.version === 11 || keepAlive);
    this.chunked = chunked;
    if (chunked) {
      this.#chunks.reset();
      this.#state = IN_CHUNKS;
    } else if (length > 0) {
      this.#left = length;
      this.#state = IN_LENGTH;
    } else this.#finish();
    return HEAD;
  }

  #readHead(head: HeadScanner): Malformed | undefined {
    const { text, marks, lines } = head;
    const method = methodAt(text, head.methodEnd);
    if (method === undefined) return UNKNOWN_METHOD;
    // What follows would be bytes of the tunnel, and no request.
    if (method === "CONNECT") return CONNECT;
    this.method = method;
    this.target = text.slice(head.methodEnd + 1, head.targetEnd);
    this.httpVersion = head.version === 11 ? "1.1" : "1.0";
    const rawHeaders: string[] = [];
    for (let mark = 0, end = lines * 4; mark < end; mark += 4) {
      const name = fieldName(text, marks[mark] as number, marks[mark + 1] as number);
      rawHeaders.push(name, text.slice(marks[mark + 2], marks[mark + 3]));
    }
    this.rawHeaders = rawHeaders;
    return undefined;
  }

  #scanChunks(bytes: Buffer, start: number, end: number): ParserEvent {
    const chunks = this.#chunks;
    this.at = chunks.scan(bytes, start, end);
    if (chunks.malformed !== undefined) return this.#stop(chunks.malformed);
    if (chunks.dataEnd > chunks.dataStart) {
      this.dataStart = chunks.dataStart;
      this.dataEnd = chunks.dataEnd;
      return DATA;
    }
    if (!chunks.done) return MORE;
    this.#head.resetToTrailers();
    this.#state = IN_TRAILERS;
    return this.at < end ? this.#scanTrailers(bytes, this.at, end) : MORE;
  }

  /** Trailers are dropped (RFC 9110 §6.5.1), but must be in order. */
  #scanTrailers(bytes: Buffer, start: number, end: number): ParserEvent {
    const trailers = this.#head;
    this.at = trailers.scan(bytes, start, end);
    if (trailers.malformed !== undefined) return this.#stop(trailers.malformed);
    if (!trailers.done) return MORE;
    if (hasFraming(trailers)) return this.#stop(FRAMING_AFTER_BODY);
    this.#finish();
    return END;
  }

  #finish(): void {
    this.complete = true;
    this.#head.reset();
    this.#state = IN_HEAD;
  }

  #stop(malformed: Malformed): typeof MALFORMED {
    this.malformed = malformed;
    this.#state = STOPPED;
    return MALFORMED;
  }
}
