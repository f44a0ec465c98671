import { TARGET, TOKEN, VALUE, kinds } from "./characters.ts";
import { Malformed } from "./malformed.ts";

/** What a head may be at most. */
export interface HeadLimits {
  /** Bytes of the head, from the method to the empty line. */
  readonly headBytes: number;
  /** Field lines. */
  readonly headLines: number;
}

const BEFORE = 0;
const BEFORE_LF = 1;
const METHOD = 2;
const TARGET_FIRST = 3;
const IN_TARGET = 4;
const VERSION = 5;
const LINE_LF = 6;
const LINE = 7;
const NAME = 8;
const BEFORE_VALUE = 9;
const IN_VALUE = 10;
const LAST_LF = 11;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** What stands after the target: `HTTP/1.1`, with any digits. */
const VERSION_TEXT = "HTTP/0.0";
const ZERO = 0x30;

/** Bytes of a request line that are kept of a head that is refused. */
const KEPT = 2_048;

/** Bytes of a method: the longest that is registered has 17. */
const METHOD_LENGTH = 32;

/** Empty lines before a request line (RFC 9112 §2.2 asks for one): some old clients send one after a body. */
const EMPTY_LINES = 2;

const BAD_EMPTY_LINE = new Malformed(400, "A carriage return stands before the request line.");
const MANY_EMPTY_LINES = new Malformed(400, "More than two empty lines stand before the request line.");
const BAD_METHOD = new Malformed(400, "The request line does not begin with a method and a space.");
const BAD_TARGET = new Malformed(400, "The request target holds a byte that must be percent-encoded.");
const BAD_VERSION = new Malformed(400, "The request line does not end with HTTP/1.1 or HTTP/1.0.");
const OTHER_VERSION = new Malformed(505, "Only HTTP/1.1 and HTTP/1.0 are served on this connection.");
const BAD_LINE_END = new Malformed(400, "A carriage return stands alone.");
const FOLDED = new Malformed(400, "A header line begins with a space.");
const BAD_NAME = new Malformed(400, "A header line has no name, or one with a byte that no name may hold.");
const SPACE_AFTER_NAME = new Malformed(400, "A header line has a space before its colon.");
const BAD_VALUE = new Malformed(400, "A header line holds a control character, or ends without a carriage return.");
const LONG_TARGET = new Malformed(414);
const LARGE_HEAD = new Malformed(431);

/**
 * Finds the parts of a request head, or of a trailer section, in bytes that come in any pieces. It looks at each byte once, refuses
 * what RFC 9112 does not allow a sender (no line ends but CRLF, no folded lines, no space around a name), and keeps a copy of a head
 * only if that does not come in one piece.
 */
export class HeadScanner {
  /** The head is there: {@link HeadScanner.text} has it. */
  done = false;
  malformed: Malformed | undefined;
  /** 10 or 11. */
  version = 0;
  methodEnd = 0;
  targetEnd = 0;
  /** Field lines. */
  lines = 0;
  /** Four places a field line: begin and end of its name, begin and end of its value. */
  readonly marks: number[] = [];
  /** From the first byte of the method on, latin-1, when it is done. */
  text = "";
  readonly #limits: HeadLimits;
  /** The beginning of a head that was refused. */
  #refused = "";
  #state = BEFORE;
  #emptyLines = 0;
  #versionAt = 0;
  #major = 0;
  #valueEnd = 0;
  /** Bytes of the head that came in pieces before. */
  #carried: Buffer | undefined;
  #length = 0;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Has it seen nothing yet, but for empty lines? */
  get untouched(): boolean {
    return this.#state <= BEFORE_LF;
  }

  /** The request line as far as it came, and not longer than anybody would read; latin-1. */
  get requestLine(): string {
    const carried = this.#carried?.toString("latin1", 0, Math.min(this.#length, KEPT)) ?? "";
    const text = `${this.text === "" ? carried : this.text}${this.#refused}`;
    const end = text.search(/[\r\n]/);
    return text.slice(0, Math.min(end === -1 ? text.length : end, KEPT));
  }

  /** Begins with a request line. */
  reset(): void {
    this.#state = BEFORE;
    this.#emptyLines = 0;
    this.#clear();
  }

  /** Begins with field lines, of which there may be none. */
  resetToTrailers(): void {
    this.#state = LINE;
    this.#clear();
  }

  /**
   * Looks at bytes.
   *
   * @returns the place behind the last one that belongs to the head
   */
  scan(bytes: Buffer, start: number, end: number): number {
    let first = start;
    if (this.#state <= BEFORE_LF) {
      first = this.#skipEmptyLines(bytes, start, end);
      if (first === end || this.malformed !== undefined) return first;
    }
    // Places count from the method; what lies beyond the limit is never looked at, wherever pieces end.
    const base = first - this.#length;
    const stop = Math.min(end, base + this.#limits.headBytes);
    const at = this.#run(bytes, first, stop, base);
    if (this.malformed !== undefined || (!this.done && stop - base === this.#limits.headBytes)) {
      this.malformed ??= this.#state <= IN_TARGET ? LONG_TARGET : LARGE_HEAD;
      this.#refused = bytes.toString("latin1", first, Math.min(end, first + KEPT));
      return at;
    }
    if (this.done) {
      this.text = this.#carried === undefined ? bytes.toString("latin1", first, at) : this.#join(bytes, first, at);
    } else this.#carry(bytes, first, at);
    return at;
  }

  #clear(): void {
    this.done = false;
    this.malformed = undefined;
    this.text = "";
    this.lines = 0;
    this.#carried = undefined;
    this.#length = 0;
  }

  #skipEmptyLines(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at];
      if (this.#state === BEFORE_LF) {
        if (byte !== LF) return this.#refuse(BAD_EMPTY_LINE, at);
        this.#state = BEFORE;
      } else if (byte === CR) {
        if (this.#emptyLines++ === EMPTY_LINES) return this.#refuse(MANY_EMPTY_LINES, at);
        this.#state = BEFORE_LF;
      } else {
        this.#state = METHOD;
        return at;
      }
      at++;
    }
    return at;
  }

  #run(bytes: Buffer, start: number, stop: number, base: number): number {
    const { marks } = this;
    let state = this.#state;
    let at = start;
    scan: while (at < stop) {
      switch (state) {
        case METHOD:
          while (at < stop && ((kinds[bytes[at] as number] as number) & TOKEN) !== 0) at++;
          if (at - base > METHOD_LENGTH) return this.#refuse(BAD_METHOD, at);
          if (at === stop) break scan;
          if (bytes[at] !== SPACE || at === base) return this.#refuse(BAD_METHOD, at);
          this.methodEnd = at - base;
          state = TARGET_FIRST;
          at++;
          break;
        case TARGET_FIRST:
          if (bytes[at] === SPACE) return this.#refuse(BAD_TARGET, at);
          state = IN_TARGET;
          break;
        case IN_TARGET:
          while (at < stop && ((kinds[bytes[at] as number] as number) & TARGET) !== 0) at++;
          if (at === stop) break scan;
          if (bytes[at] !== SPACE) return this.#refuse(BAD_TARGET, at);
          this.targetEnd = at - base;
          this.#versionAt = 0;
          state = VERSION;
          at++;
          break;
        case VERSION:
          if (!this.#readVersion(bytes[at] as number)) return at;
          if (this.#versionAt > VERSION_TEXT.length) state = LINE_LF;
          at++;
          break;
        case LINE_LF:
          if (bytes[at] !== LF) return this.#refuse(BAD_LINE_END, at);
          state = LINE;
          at++;
          break;
        case LINE: {
          const byte = bytes[at] as number;
          if (byte === CR) {
            state = LAST_LF;
            at++;
            break;
          }
          if (byte === SPACE || byte === TAB) return this.#refuse(FOLDED, at);
          if (this.lines === this.#limits.headLines) return this.#refuse(LARGE_HEAD, at);
          marks[this.lines * 4] = at - base;
          state = NAME;
          break;
        }
        case NAME: {
          while (at < stop && ((kinds[bytes[at] as number] as number) & TOKEN) !== 0) at++;
          if (at === stop) break scan;
          const byte = bytes[at] as number;
          const empty = at - base === marks[this.lines * 4];
          if (byte !== COLON || empty)
            return this.#refuse(!empty && (byte === SPACE || byte === TAB) ? SPACE_AFTER_NAME : BAD_NAME, at);
          marks[this.lines * 4 + 1] = at - base;
          state = BEFORE_VALUE;
          at++;
          break;
        }
        case BEFORE_VALUE: {
          const byte = bytes[at] as number;
          if (byte === SPACE || byte === TAB) at++;
          else {
            this.#valueEnd = marks[this.lines * 4 + 2] = at - base;
            state = IN_VALUE;
          }
          break;
        }
        case IN_VALUE: {
          let valueEnd = this.#valueEnd;
          for (; at < stop; at++) {
            const byte = bytes[at] as number;
            if (((kinds[byte] as number) & VALUE) === 0) break;
            if (byte !== SPACE && byte !== TAB) valueEnd = at - base + 1;
          }
          this.#valueEnd = valueEnd;
          if (at === stop) break scan;
          if (bytes[at] !== CR) return this.#refuse(BAD_VALUE, at);
          marks[this.lines * 4 + 3] = valueEnd;
          this.lines++;
          state = LINE_LF;
          at++;
          break;
        }
        default:
          if (bytes[at] !== LF) return this.#refuse(BAD_LINE_END, at);
          this.done = true;
          return at + 1;
      }
    }
    this.#state = state;
    return at;
  }

  /** One byte of the version, or the carriage return after it. */
  #readVersion(byte: number): boolean {
    const at = this.#versionAt++;
    if (at === VERSION_TEXT.length) {
      if (byte === CR && (this.version === 11 || this.version === 10)) return true;
      this.#refuse(byte === CR && this.#major !== 1 ? OTHER_VERSION : BAD_VERSION, 0);
      return false;
    }
    const expected = VERSION_TEXT.charCodeAt(at);
    const digit = byte - ZERO;
    if (expected !== ZERO ? byte !== expected : digit < 0 || digit > 9) {
      this.#refuse(BAD_VERSION, 0);
      return false;
    }
    if (at === 5) this.#major = digit;
    else if (at === 7) this.version = this.#major * 10 + digit;
    return true;
  }

  #refuse(malformed: Malformed, at: number): number {
    this.malformed = malformed;
    return at;
  }

  /** Keeps a piece of a head whose rest has to come yet. */
  #carry(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    let carried = this.#carried;
    if (carried === undefined || carried.length < length) {
      const room = Math.min(Math.max(1_024, length * 2), this.#limits.headBytes);
      const larger = Buffer.allocUnsafeSlow(room);
      if (carried !== undefined) larger.set(carried.subarray(0, this.#length));
      this.#carried = carried = larger;
    }
    bytes.copy(carried, this.#length, start, end);
    this.#length = length;
  }

  #join(bytes: Buffer, start: number, end: number): string {
    const before = (this.#carried as Buffer).toString("latin1", 0, this.#length);
    this.#carried = undefined;
    return before + bytes.toString("latin1", start, end);
  }
}
