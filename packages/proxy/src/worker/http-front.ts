import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { channels } from "../diagnostics.ts";
import type { ConnectionEnds } from "../front/endpoint.ts";
import type { FrontConnection } from "../front/front-connection.ts";
import type { FrontResponse } from "../front/front-response.ts";
import type { GatewayRequest, GatewayResponse } from "../gateway-request.ts";
import type { RefusedRequest } from "../http/refused-request.ts";
import type { ConnectionOwner, ConnectionRules } from "../http1/connection-rules.ts";
import { Http1Connection } from "../http1/connection.ts";
import type { Malformed } from "../http1/malformed.ts";
import type { Http2Owner, Http2Rules } from "../http2/connection-rules.ts";
import { Http2Connection } from "../http2/connection.ts";
import { answeredChannel } from "./answered.ts";

/** Requests at once on a connection of HTTP/2. */
const STREAMS = 100;

/** Answers requests: a gateway. */
export interface Dispatcher {
  dispatch(request: GatewayRequest, response: GatewayResponse): void;
}

/** A sentence for a client whose request was refused. */
type Explain = (malformed: Malformed, connection: Http1Connection) => string | undefined;

/** HTTP/1 and HTTP/2 on connections that somebody else accepted. */
export class HttpFront implements ConnectionOwner, Http2Owner {
  readonly rules: ConnectionRules;
  readonly http2Rules: Http2Rules;
  readonly keepAliveLines: string;
  readonly explain: Explain;
  draining = false;
  readonly #dispatcher: Dispatcher;
  readonly #ready: Promise<void>;
  readonly #connections: FrontConnection[] = [];
  #isReady = false;
  #requests = 0;
  #onEmpty: (() => void) | undefined;

  /**
   * @param ready requests that come before it is resolved wait for it
   * @param explain what else is said to a client whose request cannot be understood
   */
  constructor(
    dispatcher: Dispatcher,
    rules: ConnectionRules & { readonly streams?: number },
    ready: Promise<void>,
    explain: Explain = () => undefined,
  ) {
    const { keepAlive } = rules;
    this.rules = rules;
    this.http2Rules = { ...rules.limits, streams: rules.streams ?? STREAMS, requestHead: rules.requestHead, keepAlive };
    this.explain = explain;
    const hint = keepAlive >= 1_000 ? `Keep-Alive: timeout=${Math.floor(keepAlive / 1_000)}\r\n` : "";
    this.keepAliveLines = `Connection: keep-alive\r\n${hint}`;
    this.#dispatcher = dispatcher;
    this.#ready = ready;
    void ready.then(() => (this.#isReady = true));
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.length;
  }

  /** Requests whose response is not complete. */
  get requests(): number {
    return this.#requests;
  }

  get now(): number {
    return answeredChannel.hasSubscribers ? performance.now() : 0;
  }

  /**
   * Speaks HTTP/1 on an accepted connection.
   *
   * @param ends who they are, when the connection itself does not know
   */
  accept(socket: Socket, ends?: ConnectionEnds): void {
    this.add(new Http1Connection(socket, this, ends));
  }

  /** Speaks HTTP/2 on a connection that agreed upon that. */
  acceptHttp2(socket: TLSSocket, ends?: ConnectionEnds): void {
    this.add(new Http2Connection(socket, this, ends));
  }

  /** Counts a connection among those that are drained and cut. */
  add(connection: FrontConnection): void {
    connection.slot = this.#connections.push(connection) - 1;
  }

  /** Ends all connections: idle ones now, the others after their response, which says `Connection: close`. */
  endConnections(): void {
    if (this.draining) return;
    this.draining = true;
    for (const connection of this.#connections) connection.drain();
  }

  /**
   * Lets running requests finish and closes all connections, as {@link HttpFront.endConnections} does.
   *
   * @param grace milliseconds, after which what still runs is cut
   */
  async drain(grace: number): Promise<void> {
    this.endConnections();
    await this.#empty(grace);
    this.destroy();
    await this.#empty();
  }

  /** Cuts all connections. */
  destroy(): void {
    this.draining = true;
    for (const connection of this.#connections) connection.destroy();
  }

  onRequest(request: GatewayRequest, response: FrontResponse & GatewayResponse): void {
    this.#requests++;
    if (this.#isReady) this.#dispatcher.dispatch(request, response);
    else void this.#ready.then(() => !response.ended && this.#dispatcher.dispatch(request, response));
  }

  onResponseOver(response: FrontResponse, complete: boolean): void {
    this.#requests--;
    if (response.began === 0) return;
    const { request, statusCode, bytes, cut, began } = response;
    answeredChannel.publish({
      method: request.method,
      target: request.target,
      statusCode,
      bytes,
      complete,
      cut: cut && !complete,
      duration: performance.now() - began,
      remote: request.remote.address,
    });
  }

  onRefused({ scheme, remote }: Http1Connection, refused: RefusedRequest, line: string, duration: number): void {
    if (!channels.access.hasSubscribers) return;
    const { status = 0, bytes } = refused;
    const request = {
      method: "",
      target: line,
      rawHeaders: [],
      scheme,
      httpVersion: "",
      remote,
    };
    channels.access.publish({ request, served: undefined, status, bytes, complete: true, duration });
  }

  onClosed(connection: FrontConnection): void {
    this.remove(connection);
  }

  /** Counts it no more. */
  remove({ slot }: FrontConnection): void {
    const last = this.#connections.pop() as FrontConnection;
    if (slot < this.#connections.length) {
      this.#connections[slot] = last;
      last.slot = slot;
    }
    if (this.#connections.length === 0) this.#onEmpty?.();
  }

  /** Resolves when there are no connections any more, or after `patience` milliseconds. */
  #empty(patience?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = patience === undefined ? undefined : setTimeout(resolve, patience);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#connections.length === 0) this.#onEmpty();
    });
  }
}
