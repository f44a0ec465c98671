import type { OversizedParam, ParamsInput } from "@x/protocol";
import type { ApplicationProtocol } from "@x/protocol/address";
import type { FastCGIError } from "@x/protocol/errors";

import type { BodyInput } from "./body.ts";
import { openExchange } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";
import { fetchFrom } from "./fetch.ts";
import type { FetchInit } from "./fetch.ts";
import { sendRequest } from "./request.ts";
import type { RequestOptions, ResponseData } from "./request.ts";
import type { Slab } from "./slabs.ts";

/** The part that the application is asked to play (FastCGI 1.0 §6). */
export type RoleName = "responder" | "authorizer" | "filter";

/** Time limits of one request in ms, 0 for none. They are looked at ten times a second. */
export interface RequestTimeouts {
  /**
   * For a connection to come about, attempts at a full backlog included (nginx
   * `fastcgi_connect_timeout`).
   *
   * @default 2000
   */
  connectTimeout?: number | undefined;
  /**
   * For a place among the running requests.
   *
   * @default 5000
   */
  queueTimeout?: number | undefined;
  /**
   * Silence before the first byte of the answer. Bytes of the request body that go out, and stderr
   * that comes in, count as sounds (nginx `fastcgi_read_timeout`).
   *
   * @default 60000
   */
  headersTimeout?: number | undefined;
  /**
   * Silence after the first byte of the answer; not while the consumer has paused it.
   *
   * @default 60000
   */
  bodyTimeout?: number | undefined;
  /**
   * Time in which the application takes nothing of what it is sent, and sends nothing (nginx
   * `fastcgi_send_timeout`).
   *
   * @default 30000
   */
  sendTimeout?: number | undefined;
  /**
   * For the whole request, from the call to the last byte, whatever it waits for (curl `--max-time`). The proxies know no
   * such limit, since it ends long downloads, too.
   *
   * @default 0
   */
  timeout?: number | undefined;
}

/** One request, as FastCGI sees it. */
export interface DispatchOptions extends RequestTimeouts {
  /** @default "responder" */
  role?: RoleName | undefined;
  /** The application's variables. Names and string values are latin-1, one character a byte. */
  params: ParamsInput;
  /** The request body. PHP reads as much of it as the param `CONTENT_LENGTH` says. */
  stdin?: BodyInput | undefined;
  /** The file that a filter works on (FastCGI 1.0 §6.4); for the role filter alone. */
  data?: BodyInput | undefined;
  /** Aborts the request, wherever it is. */
  signal?: AbortSignal | undefined;
  /**
   * May it run twice? Such a request is repeated once when a connection that had served others was
   * closed before any byte of the answer came.
   *
   * @default false
   */
  idempotent?: boolean | undefined;
  /**
   * May it share a connection with the requests before and after it? With false it gets one of its
   * own, which is closed at its end: for scripts that go on after their answer
   * (`fastcgi_finish_request`), and for what must not fail because an application that serves one request a
   * connection closes it right then, as PHP-FPM does at `pm.max_requests`. With `"multiplexed"` it shares connections
   * that take several requests at once, and no other.
   *
   * @default true
   */
  reuse?: boolean | "multiplexed" | undefined;
  /**
   * A param over 65,528 bytes, which no record can hold: refuse the request, or send the pair in several records, which the
   * specification allows (FastCGI 1.0 §3.3) and PHP cannot read.
   *
   * @default "error"
   */
  oversizedParam?: OversizedParam | undefined;
}

/** How a request ended. */
export interface DispatchEnd {
  /** The application's exit status; 0 is success (FastCGI 1.0 §5.5). */
  appStatus: number;
  /** Always 0, REQUEST_COMPLETE: a refusal (FastCGI 1.0 §5.5) goes to `onError`, as `FCGI_ERR_OVERLOADED` for one. */
  protocolStatus: number;
}

/** One request under way. */
export interface DispatchController {
  /** The application. */
  readonly address: string;
  /** What the application speaks, by its address. */
  readonly protocol: ApplicationProtocol;
  /** Its id on the connection, once it has one. */
  readonly requestId: number | undefined;
  /** Had its connection served a request before? */
  readonly reused: boolean;
  /** Has the application ended FCGI_STDOUT? Not all do. */
  readonly stdoutEnded: boolean;
  /** The end of what came on FCGI_STDERR so far. */
  readonly stderrTail: string;
  /**
   * Stops reading from the connection; what was read already, 64 KiB at most, may still be delivered.
   * Requests that share the connection wait too. Nothing happens while it waits for a connection.
   */
  pause(): void;
  /** Reads on after {@link DispatchController.pause}; does nothing when it reads already. */
  resume(): void;
  /**
   * Ends the request with an error: `reason` if it is a `FastCGIError`, else `FCGI_ERR_ABORTED` with it
   * as the cause. The application is told by ABORT_REQUEST on a multiplexed connection, by closing it on
   * any other.
   */
  abort(reason?: unknown): void;
  /**
   * Keeps the chunk that is being delivered: its bytes stay as they are until `release()` is called on
   * the slab.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` outside of `onStdout` and `onStderr`
   */
  retain(): Slab;
}

/**
 * Receives what happens to one request: `onStart`, any number of chunks, then exactly one of `onEnd`
 * and `onError`. Nothing of CGI is known here; `responseHandler` adds that.
 *
 * If one of them throws, the request is aborted and `onError` is called.
 */
export interface DispatchHandler {
  /** The request has a connection. After a repetition it is called again. */
  onStart?(controller: DispatchController): void;
  /** Bytes of FCGI_STDOUT, valid until the return unless retained. */
  onStdout(chunk: Uint8Array, controller: DispatchController): void;
  /** Bytes of FCGI_STDERR, valid until the return unless retained; a chunk need not be a line. */
  onStderr?(chunk: Uint8Array, controller: DispatchController): void;
  /** END_REQUEST came: the request is over, whatever its exit status. */
  onEnd(end: DispatchEnd, controller: DispatchController): void;
  /** The request failed; `error` names the code, the address and the phase, and has the end of stderr. */
  onError(error: FastCGIError, controller: DispatchController): void;
}

/** What a dispatcher is doing. */
export interface DispatcherStats {
  /** Requests that run, aborted ones whose end has not come included. */
  active: number;
  /** Requests that wait for a connection. */
  queued: number;
}

/** Runs one request: {@link Dispatcher.dispatch} as a function. */
export type DispatchFunction = (options: DispatchOptions, handler: DispatchHandler) => DispatchController;

/**
 * Stands between a caller and a dispatcher: gets the next `dispatch` once, and gives the one to be called instead. It may
 * change the options, wrap the handler, call `next` later in the same turn, or answer by itself.
 */
export type Interceptor = (next: DispatchFunction) => DispatchFunction;

/** Whatever takes requests: the contract that `Client`, `Pool` and `BalancedPool` fulfil. */
export abstract class Dispatcher {
  /**
   * Runs one request. Failures go to `handler.onError`, never before this returns.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a mistake in the options
   */
  abstract dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController;

  /** Takes no more requests, waits for those that it has, then closes its connections. */
  abstract close(): Promise<void>;

  /** Ends all requests with `FCGI_ERR_DESTROYED` (or `error`) and cuts its connections. */
  abstract destroy(error?: Error): Promise<void>;

  /** What it is doing now. */
  abstract get stats(): DispatcherStats;

  /**
   * Runs one request and gives its response as soon as the head is there; the body streams.
   *
   * @throws FastCGIError every code that the table in the README names
   */
  request(options: RequestOptions): Promise<ResponseData> {
    return sendRequest(this, options);
  }

  /**
   * Runs one request and gives its streams as soon as it has a connection: the floor in the form of Node's streams, with
   * nothing of CGI.
   *
   * @throws FastCGIError every code that the table in the README names
   */
  exchange(options: DispatchOptions): Promise<Exchange> {
    return openExchange(this, options);
  }

  /**
   * Runs one request in the form of the Fetch standard. The application's variables are made from the `Request` by
   * `toParams`, or by `init.params`.
   *
   * @throws FastCGIError every code that the table in the README names; `TypeError` for what is no `Request`
   */
  fetch(input: string | URL | Request, init: FetchInit = {}): Promise<Response> {
    return fetchFrom(this, input, init);
  }

  /**
   * This dispatcher behind interceptors, of which the last one is called first, as undici does it. Closing one closes the
   * other: both have the same connections.
   */
  compose(...interceptors: Interceptor[]): Dispatcher {
    return new ComposedDispatcher(this, interceptors);
  }

  /** As {@link Dispatcher.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

class ComposedDispatcher extends Dispatcher {
  readonly #inner: Dispatcher;
  readonly #dispatch: DispatchFunction;

  constructor(inner: Dispatcher, interceptors: readonly Interceptor[]) {
    super();
    this.#inner = inner;
    let dispatch: DispatchFunction = (options, handler) => inner.dispatch(options, handler);
    for (const interceptor of interceptors) dispatch = interceptor(dispatch);
    this.#dispatch = dispatch;
  }

  override get stats(): DispatcherStats {
    return this.#inner.stats;
  }

  override dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    return this.#dispatch(options, handler);
  }

  override close(): Promise<void> {
    return this.#inner.close();
  }

  override destroy(error?: Error): Promise<void> {
    return this.#inner.destroy(error);
  }
}
