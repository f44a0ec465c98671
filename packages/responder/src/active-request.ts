import { STATUS_CODES } from "node:http";

import { Role } from "@x/protocol";
import type { FastCGIError } from "@x/protocol/errors";
import type { ResponderExchangeHandler } from "@x/protocol/session";

import { errorChannel } from "./diagnostics.ts";
import { FastCGIRequest } from "./incoming.ts";
import { FastCGIResponse } from "./outgoing.ts";
import { DATA, RequestBody } from "./request-body.ts";
import type { BodyOwner } from "./request-body.ts";
import { ResponseStream } from "./response-stream.ts";
import type { ResponseChannel } from "./response-stream.ts";
import type { RequestExchange } from "./wire.ts";

/** What one request needs of its connection. */
export interface RequestConnection {
  /** Who is told how bodies flow. */
  readonly input: BodyOwner;
  readonly congested: boolean;
  /** Do URLs lack what SCRIPT_NAME names? */
  readonly mount: "keep" | "strip";
  /** The web server at the other end, for messages. */
  readonly peer: string;
  onOutput(): void;
  settleLater(stream: ResponseStream): void;
  drainLater(stream: ResponseStream): void;
  /** END_REQUEST is in the output. */
  onRequestEnd(active: ActiveRequest): void;
  /** The response stops here; the web server must not take it for complete. */
  cut(active: ActiveRequest): void;
}

/**
 * One request from the end of its PARAMS to its END_REQUEST: what the session says about it goes to
 * the body and the abort signal, what the application says goes out through the response.
 */
export class ActiveRequest implements ResponderExchangeHandler, ResponseChannel {
  readonly exchange: RequestExchange;
  readonly connection: RequestConnection;
  readonly body: RequestBody;
  /** The file, for a Filter. */
  readonly data: RequestBody | undefined;
  readonly output: ResponseStream;
  /** For the connection: its place among the running requests. */
  slot = -1;
  /** Called when the web server wants no answer any more, and again when there is nobody to answer. */
  onAborted: (() => void) | undefined;
  #abortError: FastCGIError | undefined;
  #abortController: AbortController | undefined;
  #request: FastCGIRequest | undefined;
  #response: FastCGIResponse | undefined;

  constructor(exchange: RequestExchange, connection: RequestConnection) {
    this.exchange = exchange;
    this.connection = connection;
    this.body = new RequestBody(exchange.params, connection.input);
    this.data = exchange.role === Role.Filter ? new RequestBody(exchange.params, connection.input, DATA) : undefined;
    this.output = new ResponseStream(exchange, this, exchange.params.get("REQUEST_METHOD") === "HEAD");
  }

  /** The request as the application sees it; made when first asked for. */
  get request(): FastCGIRequest {
    return (this.#request ??= new FastCGIRequest(this));
  }

  /** The response as the application sees it; made when first asked for. */
  get response(): FastCGIResponse {
    return (this.#response ??= new FastCGIResponse(this));
  }

  get aborted(): boolean {
    return this.#abortError !== undefined;
  }

  /**
   * Is an answer of no use? Not so when the web server merely sends no more: it may have shut down one
   * side of the connection and still wait. Only writing tells (FastCGI 1.0 is silent).
   */
  get unwanted(): boolean {
    return this.output.gone || this.#abortError?.code === "FCGI_ERR_ABORTED";
  }

  get signal(): AbortSignal {
    if (this.#abortController === undefined) {
      this.#abortController = new AbortController();
      if (this.#abortError !== undefined) this.#abortController.abort(this.#abortError);
    }
    return this.#abortController.signal;
  }

  /** Nobody waits for the answer, or it cannot be had: tells the application, which still ends the request. */
  abort(error: FastCGIError): void {
    if (this.#abortError !== undefined || this.output.ended) return;
    this.#abortError = error;
    this.body.fail(error);
    this.data?.fail(error);
    this.#abortController?.abort(error);
    this.onAborted?.();
  }

  /**
   * The handler has failed. Before the head is sent the answer is a bare 500 (408 when the body was
   * what failed it); after it the response is cut, so that half a page is not taken for a whole one.
   * Details go to the web server's error log.
   */
  fail(error: unknown): void {
    if (errorChannel.hasSubscribers) {
      errorChannel.publish({ error, peer: this.connection.peer, request: this.request, aborted: this.aborted });
    }
    const { output } = this;
    if (output.ended || output.gone) return;
    if (output.appStatus === 0) output.appStatus = 1;
    if (this.unwanted) {
      output.endAborted();
      return;
    }
    output.writeStderr(Buffer.from(`${describe(error)}\n`));
    if (output.headSent) {
      this.connection.cut(this);
      return;
    }
    const status = this.#abortError?.code === "FCGI_ERR_BODY_TIMEOUT" ? 408 : 500;
    output.dropHead();
    output.writeHead(status, ["Content-Type", "text/plain; charset=utf-8"]);
    output.end(Buffer.from(`${STATUS_CODES[status]}\n`));
  }

  onStdin(chunk: Uint8Array, start: number, end: number): void {
    this.body.push(chunk, start, end);
  }

  onStdinEnd(): void {
    this.body.finish();
  }

  onData(chunk: Uint8Array, start: number, end: number): void {
    this.data?.push(chunk, start, end);
  }

  onDataEnd(): void {
    this.data?.finish();
  }

  onAbort(error: FastCGIError): void {
    // Only these two leave a web server that may still listen; after anything else nothing is sent any more.
    if (error.code === "FCGI_ERR_ABORTED" || error.code === "FCGI_ERR_SOCKET") this.abort(error);
    else this.onGone(error);
  }

  /** For the connection: it is gone. */
  onGone(error: FastCGIError): void {
    this.output.onGone();
    this.abort(error);
    this.#discard();
    this.onAborted?.();
  }

  get congested(): boolean {
    return this.connection.congested;
  }

  onOutput(): void {
    this.connection.onOutput();
  }

  settleLater(): void {
    this.connection.settleLater(this.output);
  }

  drainLater(): void {
    this.connection.drainLater(this.output);
  }

  onResponseEnd(): void {
    this.#discard();
    this.connection.onRequestEnd(this);
  }

  #discard(): void {
    this.body.discard();
    this.data?.discard();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : `The handler failed with ${String(error)}`;
}
