import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { answeredChannel, beginOf, publishAnswered } from "./answered.ts";
import type { RequestBegin } from "./answered.ts";
import { answerAndClose, statusOfClientError } from "./client-error.ts";

/** What one connection is doing. */
interface Connection {
  /** Responses that are not complete, in the order of their requests. */
  /** In the order of their requests: one, but for a client that pipelines. */
  readonly responses: ServerResponse[];
  /** The connection was given up: its last answer is on the way. */
  refused: boolean;
}

/** A sentence for a client whose request was refused with that status. */
type Explain = (status: number, socket: Socket) => string | undefined;

/**
 * HTTP/1 on connections that somebody else accepted.
 *
 * The server object of `node:http` never listens: each connection is handed to it, which its documentation allows. So the
 * listening sockets can outlive it.
 */
export class HttpFront {
  readonly #server: Server;
  readonly #listener: RequestListener;
  readonly #ready: Promise<void>;
  readonly #explain: Explain;
  readonly #connections = new Map<Socket, Connection>();
  /** When requests began, while somebody wants to know. */
  readonly #began = new WeakMap<ServerResponse, RequestBegin>();
  #isReady = false;
  #requests = 0;
  #draining = false;
  #onEmpty: (() => void) | undefined;
  /** One for all responses, each of which it gets as `this`. */
  readonly #onResponseClose: (this: ServerResponse) => void;

  /**
   * @param listener answers the requests
   * @param options limits and timeouts of `node:http`
   * @param ready requests that come before it is resolved wait for it
   * @param explain what else is said to a client whose request node:http refuses
   */
  constructor(
    listener: RequestListener,
    options: ServerOptions & { maxHeadersCount?: number },
    ready: Promise<void>,
    explain: Explain = () => undefined,
  ) {
    this.#explain = explain;
    this.#listener = listener;
    this.#ready = ready;
    void ready.then(() => (this.#isReady = true));
    const ended = (response: ServerResponse): void => this.#responseEnded(response);
    this.#onResponseClose = function () {
      ended(this);
    };
    const { maxHeadersCount, ...rest } = options;
    this.#server = createServer(rest);
    if (maxHeadersCount !== undefined) this.#server.maxHeadersCount = maxHeadersCount;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#request(request, response);
    this.#server.on("request", onRequest);
    // Whether a body is wanted at all is decided by the listener, which then says 100 Continue.
    this.#server.on("checkContinue", onRequest);
    this.#server.on("connect", (_request: IncomingMessage, socket: Socket) => answerAndClose(socket, 405));
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => this.#clientError(error, socket));
    // node:http begins to look for connections that exceed their timeouts when it listens, which this one never does itself.
    this.#server.emit("listening");
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Requests whose response is not complete. */
  get requests(): number {
    return this.#requests;
  }

  /** Speaks HTTP on an accepted connection. */
  accept(socket: Socket): void {
    this.#connections.set(socket, { responses: [], refused: false });
    socket.once("close", () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#onEmpty?.();
    });
    this.#server.emit("connection", socket);
  }

  /**
   * Lets running requests finish and closes all connections: idle ones now, the others after their response, which says
   * `Connection: close`.
   *
   * @param grace milliseconds, after which what still runs is cut
   */
  async drain(grace: number): Promise<void> {
    this.#draining = true;
    for (const [socket, { responses }] of this.#connections) {
      for (const response of responses) announceClose(response);
      // One that never sent a byte would otherwise be waited for until its head is overdue.
      if (responses.length === 0 && socket.bytesRead === 0) socket.destroy();
    }
    this.#server.closeIdleConnections();
    await this.#empty(grace);
    this.destroy();
    await this.#empty();
  }

  /** Cuts all connections. */
  destroy(): void {
    this.#draining = true;
    // Also ends the look-out for timeouts.
    this.#server.close(() => undefined);
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  /** Resolves when there are no connections any more, or after `patience` milliseconds. */
  #empty(patience?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = patience === undefined ? undefined : setTimeout(resolve, patience);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#connections.size === 0) this.#onEmpty();
    });
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const responses = this.#connections.get(request.socket)?.responses;
    this.#requests++;
    responses?.push(response);
    response.on("close", this.#onResponseClose);
    if (answeredChannel.hasSubscribers) this.#began.set(response, beginOf(request));
    if (this.#draining) announceClose(response);
    if (this.#isReady) this.#listener(request, response);
    else void this.#ready.then(() => !request.socket.destroyed && this.#listener(request, response));
  }

  #responseEnded(response: ServerResponse): void {
    this.#requests--;
    const responses = this.#connections.get(response.req.socket)?.responses;
    if (responses !== undefined) responses.splice(responses.indexOf(response), 1);
    const began = this.#began.get(response);
    if (began !== undefined) publishAnswered(response, began);
    // Its head may have gone out before the drain began, without the word that the connection ends.
    if (this.#draining) setImmediate(() => this.#server.closeIdleConnections());
  }

  #clientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection?.refused === true) return;
    const status = statusOfClientError(error.code);
    const [first, second] = connection?.responses ?? [];
    // An answer may only go where no other one has begun, and to the request that it belongs to.
    if (status === undefined || !socket.writable || second !== undefined || first?.headersSent === true) {
      socket.destroy();
      return;
    }
    if (connection !== undefined) connection.refused = true;
    answerAndClose(socket, status, this.#explain(status, socket));
  }
}

/** Node writes `Connection: close` in the head of such a response, and closes the connection after it. */
function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
}
