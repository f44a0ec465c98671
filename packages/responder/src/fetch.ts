import type { Params } from "@x/protocol";

import type { ActiveRequest } from "./active-request.ts";
import { toRequest } from "./fetch-request.ts";
import type { FastCGIRequest } from "./incoming.ts";
import type { ResponseStderr } from "./outgoing.ts";
import { toRawHeaders } from "./response-headers.ts";
import type { ResponseStream } from "./response-stream.ts";

/** What a fetch handler gets beside the `Request`. */
export interface FetchContext {
  /** The meta-variables, latin-1: `params.get("REMOTE_USER")`. */
  readonly params: Params;
  /** The way to the web server's error log. */
  readonly stderr: ResponseStderr;
  /** The request as it came: its `url` is not normalised, its `complete` tells a whole upload from a broken one. */
  readonly incoming: FastCGIRequest;
}

/**
 * Answers one request. A promise that rejects, a throw, and `Response.error()` become a bare 500, or a
 * cut response if the body had begun; what went wrong goes to the web server's error log.
 */
export type FetchHandler = (request: Request, context: FetchContext) => Response | Promise<Response>;

/** What the `Request` class takes as a method. */
const FETCH_METHOD = /^(?!(?:CONNECT|TRACE|TRACK)$)[!#$%&'*+\-.^_`|~0-9A-Z]+$/i;

/** Lets a fetch handler answer requests. */
export function fetchRunner(handler: FetchHandler): (active: ActiveRequest) => Promise<void> {
  return async (active) => {
    if (!FETCH_METHOD.test(active.request.method)) {
      active.output.writeHead(501, ["Content-Type", "text/plain; charset=utf-8"]);
      active.output.end(Buffer.from("Not Implemented\n"));
      return;
    }
    await sendResponse(active, await handler(toRequest(active), new FetchCall(active)));
  };
}

/** The second argument of a handler. */
export class FetchCall implements FetchContext {
  readonly #active: ActiveRequest;

  constructor(active: ActiveRequest) {
    this.#active = active;
  }

  get params(): Params {
    return this.#active.exchange.params;
  }

  get stderr(): ResponseStderr {
    return this.#active.response.stderr;
  }

  get incoming(): FastCGIRequest {
    return this.#active.request;
  }
}

/** Sends what a handler returned. */
export async function sendResponse(active: ActiveRequest, response: Response): Promise<void> {
  if (response.type === "error") throw new TypeError("The handler returned Response.error().");
  const { output } = active;
  const reader = response.body?.getReader();
  const giveUp = (reason: unknown): void => void reader?.cancel(reason).catch(() => {});
  if (active.unwanted) {
    giveUp(active.signal.reason);
    output.endAborted();
    return;
  }
  try {
    output.writeHead(response.status, responseHeaders(response), response.statusText);
    if (reader !== undefined && !output.bodyless) {
      let cancelled = false;
      active.onAborted = () => {
        cancelled = true;
        giveUp(active.signal.reason);
      };
      await pump(reader, output);
      if (cancelled) throw active.signal.reason;
    }
  } catch (error) {
    giveUp(error);
    throw error;
  }
  if (output.bodyless) giveUp("This response has no body.");
  output.end();
}

/** Headers of the response, each cookie by itself. A `Status` would contradict the status. */
function responseHeaders(response: Response): string[] {
  const raw = toRawHeaders(response.headers);
  for (let at = 0; at < raw.length; at += 2) if (raw[at] === "status") raw.splice(at, 2);
  return raw;
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, output: ResponseStream): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done || output.gone) return;
    if (!(value instanceof Uint8Array)) throw new TypeError("A response body has a chunk that is no Uint8Array.");
    if (!output.write(value)) await output.room();
  }
}
