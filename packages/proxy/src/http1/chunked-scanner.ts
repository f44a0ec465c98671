import { EXTENSION, hexDigits, kinds } from "./characters.ts";
import { Malformed } from "./malformed.ts";

const FIRST_DIGIT = 0;
const DIGITS = 1;
const IN_EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS = 7;

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;

/** Hexadecimal digits of a size, zeros included. */
const MOST_DIGITS = 16;

/** Bytes of extensions that a body may have beyond its own length: nobody uses them, and they cost the reader. */
const FREE_EXTENSIONS = 16_384;

const BAD_SIZE = new Malformed(400, "A chunk does not begin with its size.");
const HUGE_CHUNK = new Malformed(413, "A chunk is larger than any body can be.");
const BAD_EXTENSION = new Malformed(400, "The extension of a chunk holds a control character.");
const LARGE_EXTENSIONS = new Malformed(413, "The extensions of the chunks are longer than the body.");
const BAD_CHUNK_END = new Malformed(400, "A chunk is longer or shorter than its size.");

/** Takes the chunks of a body apart (RFC 9112 §7.1), up to the trailers, which are somebody else's. */
export class ChunkedScanner {
  malformed: Malformed | undefined;
  /** The bytes of the body that the last call found: none when both are the same. */
  dataStart = 0;
  dataEnd = 0;
  #state = FIRST_DIGIT;
  #digits = 0;
  /** Of the chunk's bytes, those that have to come yet. */
  #left = 0;
  #received = 0;
  #extensions = 0;

  /** The last chunk has come; what follows are the trailers. */
  get done(): boolean {
    return this.#state === TRAILERS;
  }

  reset(): void {
    this.malformed = undefined;
    this.#state = FIRST_DIGIT;
    this.#digits = this.#left = this.#received = this.#extensions = 0;
  }

  /**
   * Looks at bytes until it has found some of the body, or the end of it.
   *
   * @returns the place behind the last one that it looked at
   */
  scan(bytes: Buffer, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let at = start;
    while (at < end) {
      const byte = bytes[at] as number;
      switch (this.#state) {
        case FIRST_DIGIT:
        case DIGITS:
          if (!this.#readSize(byte)) return at;
          break;
        case IN_EXTENSION:
          if (byte === CR) this.#state = SIZE_LF;
          else if (((kinds[byte] as number) & EXTENSION) === 0) return this.#refuse(BAD_EXTENSION, at);
          else if (++this.#extensions > FREE_EXTENSIONS + this.#received) return this.#refuse(LARGE_EXTENSIONS, at);
          break;
        case SIZE_LF:
          if (byte !== LF) return this.#refuse(BAD_SIZE, at);
          this.#state = this.#left === 0 ? TRAILERS : DATA;
          if (this.#left === 0) return at + 1;
          break;
        case DATA: {
          const length = Math.min(this.#left, end - at);
          this.dataStart = at;
          this.dataEnd = at + length;
          this.#left -= length;
          this.#received += length;
          if (this.#left === 0) this.#state = DATA_CR;
          return at + length;
        }
        case DATA_CR:
          if (byte !== CR) return this.#refuse(BAD_CHUNK_END, at);
          this.#state = DATA_LF;
          break;
        default:
          if (byte !== LF) return this.#refuse(BAD_CHUNK_END, at);
          this.#state = FIRST_DIGIT;
          this.#digits = 0;
      }
      at++;
    }
    return at;
  }

  #readSize(byte: number): boolean {
    const digit = hexDigits[byte] as number;
    if (digit < 16) {
      this.#state = DIGITS;
      this.#left = this.#left * 16 + digit;
      if (++this.#digits > MOST_DIGITS) return this.#stop(BAD_SIZE);
      return this.#left + this.#received > Number.MAX_SAFE_INTEGER ? this.#stop(HUGE_CHUNK) : true;
    }
    if (this.#state === FIRST_DIGIT) return this.#stop(BAD_SIZE);
    if (byte === CR) this.#state = SIZE_LF;
    else if (byte === SEMICOLON) this.#state = IN_EXTENSION;
    else return this.#stop(BAD_SIZE);
    return true;
  }

  #stop(malformed: Malformed): false {
    this.malformed = malformed;
    return false;
  }

  #refuse(malformed: Malformed, at: number): number {
    this.malformed = malformed;
    return at;
  }
}
