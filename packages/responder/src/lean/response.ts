import { inspect } from "node:util";

import { isPlain } from "./headers.ts";

const NativeResponse = globalThis.Response;

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What the native `Response` takes for a body. */
type Body = ConstructorParameters<typeof Response>[0];

/** A response whose body is at hand. */
export interface ReadyResponse {
  status: number;
  statusText: string;
  /** Lower-case names and values in turn. */
  rawHeaders: readonly string[];
  body: string | Uint8Array | null;
}

/**
 * A `Response` that costs less, for text, bytes and no body: it keeps what it was made of. For anything else, a stream, reading the
 * body, an argument that is wrong, the native `Response` is made. An instance of the global `Response` to `instanceof`, and native
 * ones are instances of it. Use it by its name, or for all code: `globalThis.Response = FastResponse`.
 */
export class FastResponse {
  #ready: ReadyResponse | undefined;
  #headers: Headers | undefined;
  #native: Response | undefined;

  constructor(body?: Body, init?: ResponseInit) {
    this.#ready = readyResponse(body ?? null, init);
    if (this.#ready === undefined) this.#native = new NativeResponse(body, init);
  }

  /** True of native responses and of these. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof NativeResponse;
  }

  /** As the native `Response.json`. */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data) as string | undefined;
    if (text === undefined || init?.headers !== undefined) return NativeResponse.json(data, init);
    return new FastResponse(text, { ...init, headers: JSON_HEADERS }) as unknown as Response;
  }

  /** As the native `Response.redirect`. */
  static redirect(url: string | URL, status: Parameters<typeof Response.redirect>[1] = 302): Response {
    return NativeResponse.redirect(url, status);
  }

  /** As the native `Response.error`. */
  static error(): Response {
    return NativeResponse.error();
  }

  /** What `response` was made of, if it is one of ours and nothing native was made of it. */
  static ready(response: object): ReadyResponse | undefined {
    if (!(#ready in response)) return undefined;
    const ready = response.#ready;
    if (ready === undefined || response.#headers === undefined) return ready;
    return { ...ready, rawHeaders: [...response.#headers].flat() };
  }

  /** As of the native `Response`. */
  get status(): number {
    return this.#ready?.status ?? this.native.status;
  }

  /** Is the status one of success, 200 to 299? */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** As of the native `Response`. */
  get statusText(): string {
    return this.#ready?.statusText ?? this.native.statusText;
  }

  /** As of the native `Response`; what is changed in them counts. */
  get headers(): Headers {
    if (this.#ready === undefined) return this.native.headers;
    if (this.#headers !== undefined) return this.#headers;
    this.#headers = new Headers();
    const { rawHeaders } = this.#ready;
    for (let at = 0; at < rawHeaders.length; at += 2) this.#headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
    return this.#headers;
  }

  /** The native response, which is what counts from now on. */
  get native(): Response {
    if (this.#native === undefined) {
      const { body, status, statusText } = this.#ready!;
      this.#native = new NativeResponse(body as Body, { status, statusText, headers: this.headers });
      this.#ready = this.#headers = undefined;
    }
    return this.#native;
  }
}

const JSON_HEADERS = { "content-type": "application/json" };

for (const name of Object.getOwnPropertyNames(NativeResponse.prototype)) {
  if (name in FastResponse.prototype) continue;
  const { value } = Object.getOwnPropertyDescriptor(NativeResponse.prototype, name)!;
  const descriptor =
    typeof value === "function"
      ? {
          value(this: FastResponse, ...given: unknown[]): unknown {
            return (value as (...given: unknown[]) => unknown).apply(this.native, given);
          },
          writable: true,
        }
      : {
          get(this: FastResponse): unknown {
            return this.native[name as keyof Response];
          },
        };
  Object.defineProperty(FastResponse.prototype, name, { ...descriptor, configurable: true });
}

Object.defineProperty(FastResponse.prototype, inspect.custom, {
  value(this: FastResponse): Response {
    return this.native;
  },
});
Object.setPrototypeOf(FastResponse.prototype, NativeResponse.prototype);

/** Undefined for what the native class has to look at: to do something else with it, or to refuse it. */
function readyResponse(body: Body, init: ResponseInit | undefined): ReadyResponse | undefined {
  if (typeof body !== "string" && body !== null && !(body instanceof Uint8Array)) return undefined;
  const { status = 200, statusText = "", headers } = init ?? NOTHING;
  if (!Number.isInteger(status) || status < 200 || status > 599 || typeof statusText !== "string") return undefined;
  if (!FIELD_VALUE.test(statusText)) return undefined;
  if (body !== null && (status === 204 || status === 205 || status === 304)) return undefined;
  const rawHeaders = readyHeaders(headers);
  if (rawHeaders === undefined) return undefined;
  if (typeof body === "string" && !hasContentType(rawHeaders)) {
    rawHeaders.push("content-type", "text/plain;charset=UTF-8");
  }
  // As in the native class bytes are taken as they are now.
  return { status, statusText, rawHeaders, body: body instanceof Uint8Array ? new Uint8Array(body) : body };
}

const NOTHING: ResponseInit = {};

function readyHeaders(headers: ResponseInit["headers"]): string[] | undefined {
  if (headers === undefined) return [];
  if (headers instanceof Headers) return [...headers].flat();
  if (headers === null || Symbol.iterator in headers) return undefined;
  const raw: string[] = [];
  for (const name of Object.keys(headers)) {
    const value: unknown = (headers as Record<string, unknown>)[name];
    if (typeof value !== "string" || !FIELD_NAME.test(name) || !FIELD_VALUE.test(value) || !isPlain(value)) {
      return undefined;
    }
    const lower = name.toLowerCase();
    if (lower !== name && raw.includes(lower)) return undefined; // perhaps twice, to be joined
    raw.push(lower, value);
  }
  return raw;
}

function hasContentType(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at] === "content-type") return true;
  return false;
}
