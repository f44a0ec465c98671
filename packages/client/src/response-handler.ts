import { ResponseHeadDecoder } from "@x/protocol/cgi";
import type { ResponseHead, ResponseHeadDecoderOptions } from "@x/protocol/cgi";
import { FastCGIError } from "@x/protocol/errors";

import { channels } from "./diagnostics.ts";
import type { DispatchController, DispatchEnd, DispatchHandler } from "./dispatcher.ts";

/** Receives the response of a CGI application. Exactly one of `onResponseEnd` and `onResponseError` comes last. */
export interface ResponseHandler {
  /** The request has a connection. */
  onStart?(controller: DispatchController): void;
  /** Early Hints (RFC 8297) before the response itself. Without this they are dropped. */
  onResponseInformational?(controller: DispatchController, statusCode: 103, rawHeaders: string[]): void;
  /** The head. `rawHeaders` has names and values in turn; Status is not in it. */
  onResponseStart(controller: DispatchController, statusCode: number, rawHeaders: string[], head: ResponseHead): void;
  /** Bytes of the body, valid until the return unless retained. Never more than Content-Length says. */
  onResponseData(controller: DispatchController, chunk: Uint8Array): void;
  /** The response is complete; `end.appStatus` other than 0 does not make it less so. */
  onResponseEnd(controller: DispatchController, end: DispatchEnd): void;
  /** After `onResponseStart` it means that the body is cut short. */
  onResponseError(controller: DispatchController, error: FastCGIError): void;
  /** Bytes of FCGI_STDERR, valid until the return unless retained; a chunk need not be a line. It may come before the head. */
  onStderr?(chunk: Uint8Array, controller: DispatchController): void;
}

/** What {@link responseHandler} needs to know. */
export interface ResponseHandlerOptions {
  /** The request's method: the body of a response to `HEAD` is discarded. */
  method?: string | undefined;
  /** @default 65536 */
  maxHeadBytes?: number | undefined;
  /** @default 200 */
  maxHeadLines?: number | undefined;
}

/**
 * Reads what comes on FCGI_STDOUT as a CGI response (RFC 3875 §6): head, then body.
 *
 * A body longer than its Content-Length is cut, a shorter one is `FCGI_ERR_BODY_MISMATCH`; a body
 * that cannot be one (HEAD, 204, 205, 304) is discarded. No head, or a malformed one, is
 * `FCGI_ERR_BAD_RESPONSE_HEAD` with what the application wrote to stderr.
 */
export function responseHandler(handler: ResponseHandler, options: ResponseHandlerOptions = {}): DispatchHandler {
  return new CgiResponse(handler, options);
}

class CgiResponse implements DispatchHandler {
  readonly #handler: ResponseHandler;
  readonly #options: ResponseHandlerOptions;
  /** Made when the first bytes come: many requests wait long for theirs. */
  #decoder: ResponseHeadDecoder | undefined;
  #controller: DispatchController | undefined;
  #head: ResponseHead | undefined;
  /** Body bytes that may still be delivered. */
  #left = Infinity;
  #over = false;

  constructor(handler: ResponseHandler, options: ResponseHandlerOptions) {
    this.#handler = handler;
    this.#options = options;
    // A limit that is none is told to the caller, not to the request.
    if (options.maxHeadBytes !== undefined || options.maxHeadLines !== undefined) this.#makeDecoder();
  }

  onStart(controller: DispatchController): void {
    this.#controller = controller;
    // After a repetition it begins anew, perhaps at an application of the other protocol; one that has read nothing is as good as new.
    if (this.#decoder?.bytes !== 0 || controller.protocol === "scgi") this.#decoder = undefined;
    this.#handler.onStart?.(controller);
  }

  onStderr(chunk: Uint8Array, controller: DispatchController): void {
    this.#handler.onStderr?.(chunk, controller);
  }

  onStdout(chunk: Uint8Array, controller: DispatchController): void {
    let body = chunk;
    if (this.#head === undefined) {
      const at = this.#readHead(chunk, controller);
      if (at < 0 || this.#over || at === chunk.length) return;
      body = chunk.subarray(at);
    }
    if (this.#left === 0) return;
    if (body.length > this.#left) body = body.subarray(0, this.#left);
    this.#left -= body.length;
    this.#handler.onResponseData(controller, body);
  }

  onEnd(end: DispatchEnd, controller: DispatchController): void {
    const error = this.#incomplete();
    if (error === undefined) return this.#handler.onResponseEnd(controller, end);
    error.appStatus ??= end.appStatus;
    error.address ??= controller.address;
    error.requestId ??= controller.requestId;
    error.stderr ??= controller.stderrTail;
    if (channels.error.hasSubscribers) channels.error.publish({ controller, error });
    this.onError(error, controller);
  }

  onError(error: FastCGIError, controller: DispatchController): void {
    this.#over = true;
    // The connection broke after everything was said, END_REQUEST alone is missing.
    const lost = error.code === "FCGI_ERR_SOCKET" || error.code === "FCGI_ERR_TRUNCATED";
    if (lost && controller.stdoutEnded && this.#head !== undefined && this.#left === 0) {
      return this.#handler.onResponseEnd(controller, { appStatus: 0, protocolStatus: 0 });
    }
    if (this.#head === undefined && error.phase === "response-body") error.phase = "response-head";
    this.#handler.onResponseError(controller, error);
  }

  #makeDecoder(): ResponseHeadDecoder {
    const { maxHeadBytes, maxHeadLines } = this.#options;
    const limits: ResponseHeadDecoderOptions = {};
    if (maxHeadBytes !== undefined) limits.maxBytes = maxHeadBytes;
    if (maxHeadLines !== undefined) limits.maxLines = maxHeadLines;
    // As nginx does for SCGI alone.
    if (this.#controller?.protocol === "scgi") limits.statusLine = true;
    if (this.#handler.onResponseInformational !== undefined) {
      limits.onInformational = (statusCode, rawHeaders) => {
        if (this.#controller === undefined) return;
        this.#handler.onResponseInformational?.(this.#controller, statusCode, rawHeaders);
      };
    }
    return (this.#decoder = new ResponseHeadDecoder(limits));
  }

  /** @returns the index of the first byte of the body, -1 when there is none yet */
  #readHead(chunk: Uint8Array, controller: DispatchController): number {
    const decoder = this.#decoder ?? this.#makeDecoder();
    let at: number;
    try {
      at = decoder.push(chunk, 0, chunk.length);
    } catch (error) {
      controller.abort(error);
      return -1;
    }
    if (at < 0) return at;
    const { head } = decoder;
    this.#head = head;
    const { statusCode, rawHeaders } = head;
    if (this.#options.method === "HEAD" || isBodiless(statusCode)) this.#left = 0;
    else this.#left = head.contentLength ?? Infinity;
    if (channels.response.hasSubscribers) channels.response.publish({ controller, statusCode, rawHeaders });
    this.#handler.onResponseStart(controller, statusCode, rawHeaders, head);
    return at;
  }

  /** What the response lacks at its end, if anything. */
  #incomplete(): FastCGIError | undefined {
    if (this.#head === undefined) {
      try {
        (this.#decoder ?? this.#makeDecoder()).end();
      } catch (error) {
        return FastCGIError.from(error, "FCGI_ERR_BAD_RESPONSE_HEAD");
      }
    }
    if (this.#left === 0 || this.#left === Infinity) return undefined;
    const announced = this.#head?.contentLength ?? 0;
    return new FastCGIError(
      "FCGI_ERR_BODY_MISMATCH",
      `The body has ${announced - this.#left} bytes, ${announced} were announced by Content-Length.`,
      { phase: "response-body" },
    );
  }
}

/** RFC 9110 §6.4.1 and, for 205, §15.3.6. */
function isBodiless(statusCode: number): boolean {
  return statusCode === 204 || statusCode === 205 || statusCode === 304;
}
