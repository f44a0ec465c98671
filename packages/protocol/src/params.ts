import { pooledBytes } from "./byte-pool.ts";
import { FastCGIError } from "./errors.ts";
import { internName } from "./name-cache.ts";
import { readPairs } from "./pairs.ts";
import { equalsLatin1, readLatin1 } from "./text.ts";

/**
 * The name-value pairs of one request as received: read-only, in wire order, the last of several
 * equal names wins (as in PHP; FastCGI 1.0 is silent). Strings are latin-1, one character a byte;
 * {@link Params.getBytes} gives the bytes themselves.
 *
 * Decoded when asked for: a handler that looks at two params does not pay for thirty strings.
 */
export class Params implements Iterable<[string, string]> {
  readonly #bytes: Uint8Array;
  #pairs: Map<string, string> | undefined;
  /** How many names were looked up in the bytes. */
  #searches = 0;
  /** Where the value is that the last search has found. */
  #valueStart = 0;
  #valueEnd = 0;

  /** @param bytes complete pairs in wire form, checked; they are kept, not copied */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many different names there are. */
  get size(): number {
    return this.#decoded().size;
  }

  /** The value of a name, the last one if it came more than once. */
  get(name: string): string | undefined {
    // A search costs about as much as decoding one pair.
    if (this.#pairs !== undefined || ++this.#searches > SEARCHES) return this.#decoded().get(name);
    if (!this.#find(name)) return undefined;
    const start = this.#valueStart;
    const end = this.#valueEnd;
    // GET, HTTP/1.1: what is short is mostly the same from request to request.
    return end - start <= SHORT_VALUE ? internName(this.#bytes, start, end) : readLatin1(this.#bytes, start, end);
  }

  /** Did the name come? */
  has(name: string): boolean {
    return this.#pairs === undefined ? this.#find(name) : this.#pairs.has(name);
  }

  /** The bytes of a value, a view of the bytes received. */
  getBytes(name: string): Uint8Array | undefined {
    return this.#find(name) ? this.#bytes.subarray(this.#valueStart, this.#valueEnd) : undefined;
  }

  /** The different names, in the order in which they came first. */
  keys(): MapIterator<string> {
    return this.#decoded().keys();
  }

  /** The value of each of them. */
  values(): MapIterator<string> {
    return this.#decoded().values();
  }

  /** Each name with its value. */
  entries(): MapIterator<[string, string]> {
    return this.#decoded().entries();
  }

  /** Each name with its value. */
  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  /** Calls back with each value and its name. */
  forEach(callback: (value: string, name: string) => void): void {
    this.#decoded().forEach((value, name) => callback(value, name));
  }

  /**
   * Calls back with the value and name of the pairs that `select` picks by the bytes of their names; no other is decoded. Names
   * that came more than once come more than once.
   */
  forEachSelected(
    select: (bytes: Uint8Array, nameStart: number, nameEnd: number) => boolean,
    callback: (value: string, name: string) => void,
  ): void {
    const bytes = this.#bytes;
    readPairs(bytes, (nameStart, nameEnd, valueEnd) => {
      if (!select(bytes, nameStart, nameEnd)) return;
      callback(readLatin1(bytes, nameEnd, valueEnd), internName(bytes, nameStart, nameEnd));
    });
  }

  /** A plain object without prototype, so that a param named `__proto__` is only a name. */
  toObject(): Record<string, string> {
    const object = Object.create(null) as Record<string, string>;
    for (const [name, value] of this.#decoded()) object[name] = value;
    return object;
  }

  #decoded(): Map<string, string> {
    if (this.#pairs !== undefined) return this.#pairs;
    const pairs = new Map<string, string>();
    const bytes = this.#bytes;
    readPairs(bytes, (nameStart, nameEnd, valueEnd) => {
      pairs.set(internName(bytes, nameStart, nameEnd), readLatin1(bytes, nameEnd, valueEnd));
    });
    return (this.#pairs = pairs);
  }

  /** Looks for a name in the bytes, all of them: the last one counts. The lengths were checked when the bytes came. */
  #find(name: string): boolean {
    const bytes = this.#bytes;
    const end = bytes.length;
    const { length } = name;
    // Names differ at their ends more often than at their beginnings.
    const last = name.charCodeAt(length - 1);
    let found = false;
    let at = 0;
    while (at < end) {
      let nameLength = bytes[at++]!;
      if (nameLength > 0x7f) {
        nameLength = ((nameLength & 0x7f) << 24) | (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
        at += 3;
      }
      let valueLength = bytes[at++]!;
      if (valueLength > 0x7f) {
        valueLength = ((valueLength & 0x7f) << 24) | (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
        at += 3;
      }
      const nameEnd = at + nameLength;
      if (nameLength === length && (length === 0 || bytes[nameEnd - 1] === last) && equalsLatin1(bytes, at, name)) {
        found = true;
        this.#valueStart = nameEnd;
        this.#valueEnd = nameEnd + valueLength;
      }
      at = nameEnd + valueLength;
    }
    return found;
  }
}

const SHORT_VALUE = 8;

/** Names that are looked up one by one; for more it pays to decode all. */
const SEARCHES = 12;

/**
 * Collects the content of PARAMS records, whose cuts carry no meaning: a pair may straddle records
 * (FastCGI 1.0 App. B.2).
 */
export class ParamsCollector {
  readonly #maxBytes: number;
  readonly #maxPairs: number;
  readonly #maxPairBytes: number;
  #bytes: Uint8Array = EMPTY;
  #fill = 0;

  constructor(maxBytes: number, maxPairs: number, maxPairBytes: number) {
    this.#maxBytes = maxBytes;
    this.#maxPairs = maxPairs;
    this.#maxPairBytes = maxPairBytes;
  }

  /** Bytes that have come. */
  get size(): number {
    return this.#fill;
  }

  /** @throws FastCGIError `FCGI_ERR_PARAMS_OVERFLOW` */
  push(chunk: Uint8Array, start: number, end: number): void {
    const size = this.#fill + (end - start);
    if (size > this.#maxBytes) throw overflow(`exceed ${this.#maxBytes} bytes`);
    if (size > this.#bytes.length) {
      // Most requests send all params in one chunk: the first piece is exact, later ones double.
      const grown = this.#fill === 0 ? pooledBytes(size) : new Uint8Array(Math.min(size * 2, this.#maxBytes));
      grown.set(this.#bytes.subarray(0, this.#fill));
      this.#bytes = grown;
    }
    this.#bytes.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), this.#fill);
    this.#fill = size;
  }

  /** @throws FastCGIError `FCGI_ERR_BAD_NAME_VALUES` for an incomplete pair, `FCGI_ERR_PARAMS_OVERFLOW` for one too many or too large */
  finish(): Params {
    const bytes = this.#fill === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#fill);
    const maxPairBytes = this.#maxPairBytes;
    let pairs = 0;
    let longest = 0;
    let start = 0;
    readPairs(bytes, (_nameStart, _nameEnd, valueEnd) => {
      pairs++;
      if (valueEnd - start > longest) longest = valueEnd - start;
      start = valueEnd;
    });
    if (pairs > this.#maxPairs) throw overflow(`are more than ${this.#maxPairs}`);
    if (longest > maxPairBytes) throw overflow(`have one of more than ${maxPairBytes} bytes`);
    return new Params(bytes);
  }
}

/** `what` continues the sentence "The params of one request …". */
function overflow(what: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_PARAMS_OVERFLOW", `The params of one request ${what}.`, { phase: "protocol" });
}

const EMPTY = new Uint8Array(0);
