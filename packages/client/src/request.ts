import type { ResponseHead } from "@x/protocol/cgi";
import type { FastCGIError } from "@x/protocol/errors";

import type { BodyInput } from "./body.ts";
import { toParamList } from "./dispatch-plan.ts";
import type { DispatchController, DispatchEnd, Dispatcher, DispatchOptions } from "./dispatcher.ts";
import { prepareBody } from "./prepare-body.ts";
import type { RequestBodyOptions } from "./prepare-body.ts";
import { ResponseBody } from "./response-body.ts";
import { responseHandler } from "./response-handler.ts";
import type { ResponseHandler } from "./response-handler.ts";
import { traceRequest } from "./tracing.ts";

/** One request, how its body is announced, and how its response is read. */
export interface RequestOptions extends Omit<DispatchOptions, "stdin">, RequestBodyOptions {
  /**
   * The method, which decides whether the response has a body; it is not sent.
   *
   * @default the param `REQUEST_METHOD`
   */
  method?: string | undefined;
  /**
   * May it run twice? Such a request is repeated once when a connection that had served others was closed before any byte of
   * the answer came.
   *
   * @default true for the methods GET, HEAD and OPTIONS
   */
  idempotent?: boolean | undefined;
  /**
   * As in `DispatchOptions`. What cannot be repeated gets a connection of its own unless the application multiplexes: on a kept
   * one it would fail whenever the application closes that, as PHP-FPM does after `pm.max_requests`.
   *
   * @default true for what may run twice and has no body that streams, else "multiplexed"
   */
  reuse?: boolean | "multiplexed" | undefined;
  /** @default 65536 */
  maxHeadBytes?: number | undefined;
  /** @default 200 */
  maxHeadLines?: number | undefined;
}

/** Header values by lower-case name; an array when the field came more than once. Without a prototype. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A response, as soon as its head is there. */
export interface ResponseData {
  /** From Status; 200 when the application sent none, 302 with an absolute Location alone (RFC 3875 §6.2). */
  statusCode: number;
  /** The reason phrase, empty when the application gave none. */
  statusText: string;
  /** The header fields by lower-case name; {@link ResponseData.rawHeaders} has their order and case. */
  headers: ResponseHeaders;
  /** Names and values in turn, as they came. */
  rawHeaders: readonly string[];
  /** The body, which arrives while it is read. Leaving it unread holds the connection: `destroy()` it. */
  body: ResponseBody;
  /** What the application wrote to FCGI_STDERR, its last 64 KiB; known when the request has ended, well or not. */
  stderr: Promise<string>;
  /** How the request ended; rejected when it failed after the head. */
  ended: Promise<{
    /** The application's exit status, unsigned 32 bits; 0 is success (FastCGI 1.0 §5.5). */
    appStatus: number;
  }>;
}

/** Runs one request on `dispatcher`. */
export function sendRequest(dispatcher: Dispatcher, options: RequestOptions): Promise<ResponseData> {
  return traceRequest(dispatcher, options, () => requestOn(dispatcher, options));
}

function requestOn(dispatcher: Dispatcher, options: RequestOptions): Promise<ResponseData> {
  return new Promise((resolve, reject) => {
    const prepared = prepareBody(options);
    if (prepared instanceof Promise) {
      prepared.then((ready) => send(dispatcher, options, ready, resolve, reject)).catch(reject);
    } else send(dispatcher, options, prepared, resolve, reject);
  });
}

function send(
  dispatcher: Dispatcher,
  options: RequestOptions,
  prepared: DispatchOptions,
  resolve: (response: ResponseData) => void,
  reject: (error: FastCGIError) => void,
): void {
  const params = toParamList(prepared.params);
  const { method = methodOf(params.names, params.values), maxHeadBytes, maxHeadLines } = options;
  const { idempotent = SAFE.has(method ?? ""), stdin, data } = prepared;
  const { reuse = idempotent && isKept(stdin) && isKept(data) ? true : "multiplexed" } = prepared;
  const handler = responseHandler(new RequestHandler(resolve, reject), { method, maxHeadBytes, maxHeadLines });
  dispatcher.dispatch({ ...prepared, params, idempotent, reuse }, handler);
}

/** These may be sent twice (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Can the body be sent again? */
function isKept(body: BodyInput | undefined): boolean {
  return body === undefined || body === null || typeof body === "string" || body instanceof Uint8Array;
}

class RequestHandler implements ResponseHandler {
  readonly #resolve: (response: ResponseData) => void;
  readonly #reject: (error: FastCGIError) => void;
  #body: ResponseBody | undefined;
  #outcome: Outcome | undefined;

  constructor(resolve: (response: ResponseData) => void, reject: (error: FastCGIError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponseStart(
    controller: DispatchController,
    statusCode: number,
    rawHeaders: string[],
    { statusText, contentLength }: ResponseHead,
  ): void {
    const body = (this.#body = new ResponseBody(controller, contentLength));
    const outcome = (this.#outcome = new Outcome());
    this.#resolve(new StartedResponse(statusCode, statusText, rawHeaders, body, outcome));
  }

  onResponseData(_controller: DispatchController, chunk: Uint8Array): void {
    this.#body?.receive(chunk);
  }

  onResponseEnd(controller: DispatchController, { appStatus }: DispatchEnd): void {
    this.#outcome?.settle(controller.stderrTail, appStatus, undefined);
    this.#body?.finish();
  }

  onResponseError(controller: DispatchController, error: FastCGIError): void {
    if (this.#body === undefined) return this.#reject(error);
    this.#outcome?.settle(controller.stderrTail, 0, error);
    this.#body.fail(error);
  }
}

/** Most callers ask neither for stderr nor for the end, so there are promises for those who do alone. */
class StartedResponse implements ResponseData {
  readonly statusCode: number;
  readonly statusText: string;
  readonly headers: ResponseHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: ResponseBody;
  readonly #outcome: Outcome;

  constructor(
    statusCode: number,
    statusText: string,
    rawHeaders: readonly string[],
    body: ResponseBody,
    outcome: Outcome,
  ) {
    this.statusCode = statusCode;
    this.statusText = statusText;
    this.headers = headersOf(rawHeaders);
    this.rawHeaders = rawHeaders;
    this.body = body;
    this.#outcome = outcome;
  }

  get stderr(): Promise<string> {
    return this.#outcome.stderr;
  }

  get ended(): Promise<{ appStatus: number }> {
    return this.#outcome.ended;
  }
}

/** How a request ended after its head, once it has. */
class Outcome {
  #settled = false;
  #text = "";
  #appStatus = 0;
  #error: FastCGIError | undefined;
  #stderr: Promise<string> | undefined;
  #ended: Promise<{ appStatus: number }> | undefined;
  #onSettled: (() => void)[] | undefined;

  get stderr(): Promise<string> {
    return (this.#stderr ??= new Promise((resolve) => this.#whenSettled(() => resolve(this.#text))));
  }

  get ended(): Promise<{ appStatus: number }> {
    if (this.#ended !== undefined) return this.#ended;
    this.#ended = new Promise((resolve, reject) => {
      this.#whenSettled(() => {
        if (this.#error === undefined) resolve({ appStatus: this.#appStatus });
        else reject(this.#error);
      });
    });
    // Whoever takes it and does not wait for it has the body to tell him.
    this.#ended.catch(() => {});
    return this.#ended;
  }

  settle(stderr: string, appStatus: number, error: FastCGIError | undefined): void {
    this.#settled = true;
    this.#text = stderr;
    this.#appStatus = appStatus;
    this.#error = error;
    const waiting = this.#onSettled;
    this.#onSettled = undefined;
    if (waiting !== undefined) for (const tell of waiting) tell();
  }

  #whenSettled(tell: () => void): void {
    if (this.#settled) tell();
    else (this.#onSettled ??= []).push(tell);
  }
}

function methodOf(names: readonly string[], values: readonly (string | Uint8Array)[]): string | undefined {
  const value = values[names.lastIndexOf("REQUEST_METHOD")];
  return typeof value === "string" ? value : undefined;
}

function headersOf(rawHeaders: readonly string[]): ResponseHeaders {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === "string") headers[name] = [before, value];
    else before.push(value);
  }
  return headers;
}
