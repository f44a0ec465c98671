import { inspect } from "node:util";

import type { ActiveRequest } from "../active-request.ts";
import { toRequest, requestUrl } from "../fetch-request.ts";
import { LeanHeaders } from "./headers.ts";

/** Methods that the `Request` class leaves as they are. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** A path and query that a URL parser leaves as they are, unless there are dot segments in it. */
const PLAIN_TARGET = /^\/[A-Za-z0-9\-._~!$&()*+,;=:@%/?]*$/;
const DOT_SEGMENT = /\/\.|%2e/i;

const KNOWN_ORIGINS = 1_000;
const origins = new Map<string, string>();

/**
 * What a fetch handler gets with `lean`: method, URL, headers and signal read what came; for anything else, a body among it, the
 * native `Request` is made. An instance of the global `Request` to `instanceof`, which `new Request(request)` takes.
 */
export class LeanRequest {
  readonly #active: ActiveRequest;
  #native: Request | undefined;
  #headers: LeanHeaders | undefined;
  #url: string | undefined;

  constructor(active: ActiveRequest) {
    this.#active = active;
  }

  /** The native request that stands for `request`, or what was given if it is none of ours. */
  static native<Given>(request: Given): Given | Request {
    return typeof request === "object" && request !== null && #active in request
      ? (request as LeanRequest).native
      : request;
  }

  get method(): string {
    const { method } = this.#active.request;
    return METHODS.has(method) ? method : this.native.method;
  }

  get url(): string {
    return (this.#url ??= leanUrl(this.#active.request));
  }

  get headers(): Headers {
    return (this.#headers ??= new LeanHeaders(this.#active.request.rawHeaders));
  }

  get signal(): AbortSignal {
    return this.#active.signal;
  }

  /** What the handler has changed of the headers goes along. */
  get native(): Request {
    if (this.#native === undefined) {
      const request = toRequest(this.#active);
      this.#native = this.#headers === undefined ? request : new Request(request, { headers: this.headers });
    }
    return this.#native;
  }
}

for (const name of Object.getOwnPropertyNames(Request.prototype)) {
  if (name in LeanRequest.prototype) continue;
  const { value } = Object.getOwnPropertyDescriptor(Request.prototype, name)!;
  const descriptor =
    typeof value === "function"
      ? {
          value(this: LeanRequest, ...given: unknown[]): unknown {
            return (value as (...given: unknown[]) => unknown).apply(this.native, given);
          },
          writable: true,
        }
      : {
          get(this: LeanRequest): unknown {
            return this.native[name as keyof Request];
          },
        };
  Object.defineProperty(LeanRequest.prototype, name, { ...descriptor, configurable: true });
}

Object.defineProperty(LeanRequest.prototype, inspect.custom, {
  value(this: LeanRequest): Request {
    return this.native;
  },
});
Object.setPrototypeOf(LeanRequest.prototype, Request.prototype);

/** As the native `url`: normalised. */
function leanUrl({ scheme, host, url }: { scheme: "http" | "https"; host: string; url: string }): string {
  // oxlint-disable-next-line house/no-request-url -- what the native class does; `incoming.url` has the bytes that came
  if (!PLAIN_TARGET.test(url) || DOT_SEGMENT.test(url)) return new URL(requestUrl(scheme, host, url)).href;
  const key = scheme === "http" ? host : `s ${host}`;
  let origin = origins.get(key);
  if (origin === undefined) {
    // oxlint-disable-next-line house/no-request-url -- no target is in it
    ({ origin } = new URL(requestUrl(scheme, host, "/")));
    if (origins.size === KNOWN_ORIGINS) origins.clear();
    origins.set(key, origin);
  }
  return origin + url;
}
