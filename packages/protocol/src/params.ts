import { FastCGIError } from "./errors.ts";
import { internName } from "./name-cache.ts";
import { readPairs } from "./pairs.ts";
import { equalsLatin1, readLatin1 } from "./text.ts";

/**
 * The name-value pairs of one request as received: read-only, in wire order, the last of several
 * equal names wins (as in PHP; FastCGI 1.0 is silent). Strings are latin-1, one character a byte;
 * {@link Params.getBytes} gives the bytes themselves.
 *
 * Decoded when first asked: a handler that looks at two params does not pay for thirty strings
 * before it runs.
 */
export class Params implements Iterable<[string, string]> {
  readonly #bytes: Uint8Array;
  #pairs: Map<string, string> | undefined;

  /** @param bytes complete pairs in wire form, checked; they are kept, not copied */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many different names there are. */
  get size(): number {
    return this.#decoded().size;
  }

  get(name: string): string | undefined {
    return this.#decoded().get(name);
  }

  has(name: string): boolean {
    return this.#decoded().has(name);
  }

  /** The bytes of a value, a view of the bytes received. */
  getBytes(name: string): Uint8Array | undefined {
    let found: Uint8Array | undefined;
    readPairs(this.#bytes, (nameStart, nameEnd, valueEnd) => {
      if (nameEnd - nameStart === name.length && equalsLatin1(this.#bytes, nameStart, name)) {
        found = this.#bytes.subarray(nameEnd, valueEnd);
      }
    });
    return found;
  }

  keys(): MapIterator<string> {
    return this.#decoded().keys();
  }

  values(): MapIterator<string> {
    return this.#decoded().values();
  }

  entries(): MapIterator<[string, string]> {
    return this.#decoded().entries();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(callback: (value: string, name: string) => void): void {
    this.#decoded().forEach((value, name) => callback(value, name));
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
}

/**
 * Collects the content of PARAMS records, whose cuts carry no meaning: a pair may straddle records
 * (FastCGI 1.0 App. B.2).
 */
export class ParamsCollector {
  readonly #maxBytes: number;
  readonly #maxPairs: number;
  #bytes: Uint8Array = EMPTY;
  #fill = 0;

  constructor(maxBytes: number, maxPairs: number) {
    this.#maxBytes = maxBytes;
    this.#maxPairs = maxPairs;
  }

  /** @throws FastCGIError `FCGI_ERR_PARAMS_OVERFLOW` */
  push(chunk: Uint8Array, start: number, end: number): void {
    const size = this.#fill + (end - start);
    if (size > this.#maxBytes) {
      throw new FastCGIError("FCGI_ERR_PARAMS_OVERFLOW", `The params of one request exceed ${this.#maxBytes} bytes.`, {
        phase: "protocol",
      });
    }
    if (size > this.#bytes.length) {
      // Most requests send all params in one chunk: the first allocation is exact, later ones double.
      const grown = new Uint8Array(this.#fill === 0 ? size : Math.min(size * 2, this.#maxBytes));
      grown.set(this.#bytes.subarray(0, this.#fill));
      this.#bytes = grown;
    }
    this.#bytes.set(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end), this.#fill);
    this.#fill = size;
  }

  /** @throws FastCGIError `FCGI_ERR_BAD_NAME_VALUES` for an incomplete pair, `FCGI_ERR_PARAMS_OVERFLOW` for too many */
  finish(): Params {
    const bytes = this.#fill === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#fill);
    let pairs = 0;
    readPairs(bytes, () => {
      pairs++;
    });
    if (pairs > this.#maxPairs) {
      throw new FastCGIError("FCGI_ERR_PARAMS_OVERFLOW", `One request has more than ${this.#maxPairs} params.`, {
        phase: "protocol",
      });
    }
    return new Params(bytes);
  }
}

const EMPTY = new Uint8Array(0);
