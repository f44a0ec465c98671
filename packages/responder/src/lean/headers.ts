import { inspect } from "node:util";

/** A name that a header can have; anything else is for the native class to refuse. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The headers of a request: `get` and `has` read the list that came, all else is done by the native class, which is made then. An
 * instance of the global `Headers` to `instanceof`.
 */
export class LeanHeaders {
  readonly #raw: readonly string[];
  #native: Headers | undefined;

  /** @param raw lower-case names, none twice, and values in turn */
  constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    const at = this.#find(name);
    if (at === undefined) return this.#made().get(name);
    return at < 0 ? null : this.#raw[at + 1]!;
  }

  has(name: string): boolean {
    const at = this.#find(name);
    return at === undefined ? this.#made().has(name) : at >= 0;
  }

  append(name: string, value: string): void {
    this.#made().append(name, value);
  }

  delete(name: string): void {
    this.#made().delete(name);
  }

  set(name: string, value: string): void {
    this.#made().set(name, value);
  }

  getSetCookie(): string[] {
    return this.#made().getSetCookie();
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    this.#made().forEach((value, name) => callback.call(self, value, name, this));
  }

  keys(): ReturnType<Headers["keys"]> {
    return this.#made().keys();
  }

  values(): ReturnType<Headers["values"]> {
    return this.#made().values();
  }

  entries(): ReturnType<Headers["entries"]> {
    return this.#made().entries();
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.#made().entries();
  }

  /** The index of a name; -1: not there; undefined: the native class has to say. */
  #find(name: unknown): number | undefined {
    if (this.#native !== undefined || typeof name !== "string") return undefined;
    const raw = this.#raw;
    const lower = name.toLowerCase();
    for (let at = 0; at < raw.length; at += 2) {
      if (raw[at] === lower) return isPlain(raw[at + 1]!) ? at : undefined;
    }
    return TOKEN.test(name) ? -1 : undefined;
  }

  #made(): Headers {
    if (this.#native !== undefined) return this.#native;
    const headers = new Headers();
    for (let at = 0; at < this.#raw.length; at += 2) headers.append(this.#raw[at]!, this.#raw[at + 1]!);
    return (this.#native = headers);
  }
}

/** Would the native class take nothing off its ends? */
export function isPlain(value: string): boolean {
  return !(value.charCodeAt(0) <= 0x20 || value.charCodeAt(value.length - 1) <= 0x20);
}

Object.defineProperty(LeanHeaders.prototype, inspect.custom, {
  value(this: LeanHeaders): Headers {
    return new Headers(this);
  },
});
Object.setPrototypeOf(LeanHeaders.prototype, Headers.prototype);
