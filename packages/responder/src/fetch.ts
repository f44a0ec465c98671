import type { Params } from "@x/protocol";

import type { ActiveRequest } from "./active-request.ts";
import { toRequest } from "./fetch-request.ts";
import type { FastCGIRequest } from "./incoming.ts";
import { LeanRequest } from "./lean/request.ts";
import { FastResponse } from "./lean/response.ts";
import type { ReadyResponse } from "./lean/response.ts";
import type { ResponseStderr } from "./outgoing.ts";
import { CONNECTION_FIELDS, toRawHeaders } from "./response-headers.ts";
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

/**
 * Lets a fetch handler answer requests.
 *
 * @param lean give it a {@link LeanRequest}
 */
export function fetchRunner(handler: FetchHandler, lean = false): (active: ActiveRequest) => void | Promise<void> {
  return (active) => {
    const { method } = active.request;
    if (method !== "GET" && !FETCH_METHOD.test(method)) {
      active.output.writeHead(501, ["Content-Type", "text/plain; charset=utf-8"]);
      active.output.end(Buffer.from("Not Implemented\n"));
      return undefined;
    }
    const request = lean ? (new LeanRequest(active) as unknown as Request) : toRequest(active);
    const response = handler(request, new FetchCall(active));
    // A microtask less for those that answer at once.
    return "then" in response ? response.then((one) => sendResponse(active, one)) : sendResponse(active, response);
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
export function sendResponse(active: ActiveRequest, response: Response): void | Promise<void> {
  const ready = FastResponse.ready(response);
  return ready === undefined ? sendNative(active, response) : sendReady(active, ready);
}

function sendReady(active: ActiveRequest, { status, statusText, rawHeaders, body }: ReadyResponse): void {
  const { output } = active;
  if (active.unwanted) {
    output.endAborted();
    return;
  }
  output.writeHead(status, withoutOurs(rawHeaders), statusText);
  if (typeof body === "string") output.endText(body);
  else output.end(body ?? undefined);
}

async function sendNative(active: ActiveRequest, response: Response): Promise<void> {
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

/** The same for a list. */
function withoutOurs(rawHeaders: readonly string[]): readonly string[] {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name === "status" || CONNECTION_FIELDS.has(name)) {
      const raw = toRawHeaders(rawHeaders);
      const status = raw.findIndex((text, index) => index % 2 === 0 && text === "status");
      if (status >= 0) raw.splice(status, 2);
      return raw;
    }
  }
  return rawHeaders;
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, output: ResponseStream): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done || output.gone) return;
    if (!(value instanceof Uint8Array)) throw new TypeError("A response body has a chunk that is no Uint8Array.");
    if (!output.write(value)) await output.room();
  }
}
