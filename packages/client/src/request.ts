import type { ResponseHead } from "@x/protocol/cgi";
import type { FastCGIError } from "@x/protocol/errors";

import { toParamList } from "./dispatch-plan.ts";
import type { DispatchController, DispatchEnd, Dispatcher, DispatchOptions } from "./dispatcher.ts";
import { prepareBody } from "./prepare-body.ts";
import type { RequestBodyOptions } from "./prepare-body.ts";
import { ResponseBody } from "./response-body.ts";
import { responseHandler } from "./response-handler.ts";
import type { ResponseHandler } from "./response-handler.ts";

/** One request, how its body is announced, and how its response is read. */
export interface RequestOptions extends Omit<DispatchOptions, "stdin">, RequestBodyOptions {
  /**
   * The method, which decides whether the response has a body; it is not sent.
   *
   * @default the param `REQUEST_METHOD`
   */
  method?: string | undefined;
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
  const handler = responseHandler(new RequestHandler(resolve, reject), { method, maxHeadBytes, maxHeadLines });
  dispatcher.dispatch({ ...prepared, params }, handler);
}

class RequestHandler implements ResponseHandler {
  readonly #resolve: (response: ResponseData) => void;
  readonly #reject: (error: FastCGIError) => void;
  #body: ResponseBody | undefined;
  #onEnd: ((end: { appStatus: number }) => void) | undefined;
  #onFailure: ((error: FastCGIError) => void) | undefined;
  #onStderr: ((text: string) => void) | undefined;

  constructor(resolve: (response: ResponseData) => void, reject: (error: FastCGIError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponseStart(
    controller: DispatchController,
    statusCode: number,
    rawHeaders: string[],
    { statusText }: ResponseHead,
  ): void {
    const body = (this.#body = new ResponseBody(controller));
    const stderr = new Promise<string>((resolve) => {
      this.#onStderr = resolve;
    });
    const ended = new Promise<{ appStatus: number }>((resolve, reject) => {
      this.#onEnd = resolve;
      this.#onFailure = reject;
    });
    // Whoever does not ask how it ended has the body to tell him.
    ended.catch(() => {});
    this.#resolve({ statusCode, statusText, headers: headersOf(rawHeaders), rawHeaders, body, stderr, ended });
  }

  onResponseData(_controller: DispatchController, chunk: Uint8Array): void {
    this.#body?.receive(chunk);
  }

  onResponseEnd(controller: DispatchController, { appStatus }: DispatchEnd): void {
    this.#onStderr?.(controller.stderrTail);
    this.#onEnd?.({ appStatus });
    this.#body?.finish();
  }

  onResponseError(controller: DispatchController, error: FastCGIError): void {
    if (this.#body === undefined) return this.#reject(error);
    this.#onStderr?.(controller.stderrTail);
    this.#onFailure?.(error);
    this.#body.fail(error);
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
