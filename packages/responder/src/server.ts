import { createServer } from "node:net";
import type { Server, Socket } from "node:net";

import { formatAddress, formatApplicationAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import type { ActiveRequest } from "./active-request.ts";
import { processEnvironment, standardStreams } from "./cgi-process.ts";
import { openCgi } from "./cgi-wire.ts";
import { Clock } from "./clock.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection.ts";
import {
  connectionCloseChannel,
  connectionOpenChannel,
  errorChannel,
  requestEndChannel,
  requestStartChannel,
} from "./diagnostics.ts";
import { openFastCGI } from "./fastcgi-wire.ts";
import { startListening } from "./listen.ts";
import type { CgiPlan, ListenPlan } from "./listen.ts";
import { openScgi } from "./scgi-wire.ts";
import { takeOver } from "./shared-buffer.ts";
import { attachHandle } from "./socket-handle.ts";
import type { SocketHandle } from "./socket-handle.ts";

/** Counts of a {@link FastCGIServer}. */
export interface FastCGIServerStats {
  /** Connections open now. */
  connections: number;
  /** Requests begun and not ended. */
  requests: number;
  /** Connections accepted since the start. */
  totalConnections: number;
  /** Requests given to the handler since the start. */
  totalRequests: number;
  /** Connections closed unread: over `maxConnections`, or from a peer that is not allowed. */
  refusedConnections: number;
  /** Requests answered with OVERLOADED because `maxRequests` were running or the server was closing. */
  refusedRequests: number;
}

/** A running FastCGI application. */
export interface FastCGIServer extends AsyncDisposable {
  /** Resolves with the address once it listens, `cgi` where the process was started by CGI; rejects with `FCGI_ERR_LISTEN` when it cannot. */
  readonly ready: Promise<string>;
  /** Where it listens, with the port that the system chose; undefined before that. */
  readonly address: string | undefined;
  /** Counts: a snapshot, made anew at each call. */
  readonly stats: FastCGIServerStats;
  /**
   * Stops accepting, removes the socket file, closes idle connections, and lets the running requests
   * finish; further requests on their connections get OVERLOADED. Resolves when all is closed.
   */
  close(): Promise<void>;
  /**
   * As `close`, but refuses no request: connections that web servers keep are served on until none has come for `idle` ms. Closing
   * one with an answer would lose what the web server sends next, before it has heard of it. Resolves when all are closed; call
   * `close` when that takes too long. For a process that another one replaces, on the same socket.
   */
  retire(idle?: number): Promise<void>;
  /** Closes at once; running requests are aborted and not answered. */
  destroy(): Promise<void>;
}

/** Answers one request; what it throws or rejects with becomes a 500. */
export type RequestRunner = (active: ActiveRequest) => void | Promise<void>;

/** Sends a connection to another process, and calls `sent` when it is there. */
export type GiveConnection = (handle: SocketHandle, sent: () => void) => void;

/** The listening socket, its connections, and what they have in common. */
export class ResponderServer implements FastCGIServer, ConnectionOwner {
  readonly ready: Promise<string>;
  readonly limits: ConnectionLimits;
  readonly clock: Clock = new Clock();
  /** Called when it has closed, or cannot listen. */
  onStopped: (() => void) | undefined;
  readonly #plan: ListenPlan | CgiPlan;
  readonly #run: RequestRunner;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #address: string | undefined;
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void)[] = [];
  #give: GiveConnection | undefined;
  #requests = 0;
  #totalConnections = 0;
  #totalRequests = 0;
  #refusedConnections = 0;
  #refusedRequests = 0;

  constructor(plan: ListenPlan | CgiPlan, limits: ConnectionLimits, run: RequestRunner) {
    this.#plan = plan;
    this.limits = limits;
    this.#run = run;
    // Half open: a web server that has sent everything may shut down its side and still wait for the answer.
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
    this.#server = createServer({ ...options, pauseOnConnect: true }, (socket) =>
      this.#onConnection(socket, plan as ListenPlan),
    );
    this.#server.maxConnections = limits.maxConnections;
    this.#server.on("drop", () => this.#refusedConnections++);
    this.ready = plan.kind === "cgi" ? this.#answerOnce() : this.#listen(plan);
  }

  get address(): string | undefined {
    return this.#address;
  }

  get stats(): FastCGIServerStats {
    return {
      connections: this.#connections.size,
      requests: this.#requests,
      totalConnections: this.#totalConnections,
      totalRequests: this.#totalRequests,
      refusedConnections: this.#refusedConnections,
      refusedRequests: this.#refusedRequests,
    };
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#stop());
  }

  async retire(idle = 1_000): Promise<void> {
    await this.ready.catch(() => {});
    this.#server.close();
    const closeUnused = (): void => {
      for (const connection of this.#connections) connection.closeUnused();
    };
    closeUnused();
    const timer = setInterval(closeUnused, idle);
    await this.#empty();
    clearInterval(timer);
    await this.close();
  }

  /**
   * For a worker that another one replaces: from now on each connection goes to `give` as soon as nothing is on its way over it, to
   * be adopted by the other one. Closing it could lose a request that the web server sends before it knows.
   */
  handOver(give: GiveConnection): void {
    this.#give = give;
    for (const connection of this.#connections) connection.leave();
  }

  /** Serves a connection that another worker has handed over. */
  adopt(handle: SocketHandle): void {
    const socket = attachHandle(handle);
    if (this.#plan.kind === "socket") this.#onConnection(socket, this.#plan);
    else socket.destroy();
  }

  async destroy(): Promise<void> {
    const closed = this.close();
    this.#cut();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  admit(uncounted: number): boolean {
    if (this.#requests + uncounted < this.limits.maxRequests) return true;
    this.#refusedRequests++;
    return false;
  }

  countRequests(change: number): void {
    this.#requests += change;
  }

  onRequest(active: ActiveRequest): void {
    this.#totalRequests++;
    if (requestStartChannel.hasSubscribers) {
      requestStartChannel.publish({ request: active.request, response: active.response });
    }
    try {
      const result = this.#run(active);
      if (result !== undefined) result.then(undefined, (error: unknown) => active.fail(error));
    } catch (error) {
      active.fail(error);
    }
  }

  onRequestEnd(active: ActiveRequest): void {
    if (requestEndChannel.hasSubscribers) {
      requestEndChannel.publish({ request: active.request, response: active.response });
    }
  }

  onConnectionError(error: FastCGIError, connection: Connection): void {
    errorChannel.publish({ error, peer: connection.peer });
  }

  onLeave(handle: SocketHandle, sent: () => void): void {
    this.#give?.(handle, sent);
  }

  onConnectionClose(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
    if (connectionCloseChannel.hasSubscribers) connectionCloseChannel.publish({ peer: connection.peer });
    if (this.#plan.kind === "cgi") void this.close();
  }

  async #listen(plan: ListenPlan): Promise<string> {
    try {
      const address = await startListening(this.#server, plan);
      this.#address = formatApplicationAddress({ protocol: plan.protocol, address });
    } catch (error) {
      this.onStopped?.();
      throw error;
    }
    // From here on errors are about single connections that could not be accepted.
    const peer = this.#address;
    this.#server.on("error", (error) => errorChannel.publish({ error, peer }));
    return peer;
  }

  /** CGI: the environment is the request, and its end the end of the server. */
  #answerOnce(): Promise<string> {
    this.#address = CGI;
    process.exitCode ??= 1; // until the request has ended
    const open = openCgi(processEnvironment(), (appStatus) => {
      process.exitCode = exitCode(appStatus);
    });
    const connection = new Connection(standardStreams(), CGI, this, open);
    this.#add(connection);
    // As with a socket no request comes before whoever starts the server has done so.
    setImmediate(() => connection.receive(new Uint8Array(0)));
    return Promise.resolve(CGI);
  }

  async #stop(): Promise<void> {
    await this.ready.catch(() => {});
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.drain();
    await stopped;
    // The system has closed them all; the last ones may not have been told yet.
    await this.#empty();
    this.onStopped?.();
  }

  async #empty(): Promise<void> {
    if (this.#connections.size > 0) await new Promise<void>((resolve) => void this.#onEmpty.push(resolve));
  }

  #cut(): void {
    const error = new FastCGIError("FCGI_ERR_DESTROYED", "The FastCGI server was destroyed.", {
      address: this.#address,
    });
    for (const connection of this.#connections) connection.destroy(error);
  }

  #onConnection(socket: Socket, plan: ListenPlan): void {
    const peer = peerOf(socket, plan);
    if (plan.peers?.allows(socket.remoteAddress) === false) {
      this.#refusedConnections++;
      socket.destroy();
      const message = `${peer} is not in the list of allowed web servers.`;
      errorChannel.publish({ error: new FastCGIError("FCGI_ERR_SOCKET", message, { address: peer }), peer });
      return;
    }
    const open = plan.protocol === "scgi" ? openScgi : openFastCGI;
    const own = takeOver(socket, (chunk, length) => connection.receive(chunk, length));
    const connection: Connection = new Connection(own, peer, this, open);
    this.#add(connection);
    if (this.#give !== undefined) connection.leave();
  }

  #add(connection: Connection): void {
    this.#totalConnections++;
    this.#connections.add(connection);
    if (connectionOpenChannel.hasSubscribers) connectionOpenChannel.publish({ peer: connection.peer });
  }
}

/** The address of a server that was started by CGI. */
const CGI = "cgi";

/** A process has 8 bits to say what FastCGI has 32 for (FastCGI 1.0 §5.5), and 0 stays for success. */
function exitCode(appStatus: number): number {
  return appStatus === 0 ? 0 : appStatus & 0xff || 1;
}

function peerOf(socket: Socket, plan: ListenPlan): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return formatApplicationAddress(plan);
  return formatAddress({ kind: "tcp", host: remoteAddress, port: remotePort });
}
