import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { FastCGIError } from "@x/protocol/errors";

import { parseListenAddress } from "../listen-address.ts";
import type { ServerOptions } from "../server-options.ts";
import type { FastCGIServer, FastCGIServerStats, RequestRunner } from "../server.ts";
import { startServer } from "../start-server.ts";
import { NodeExchange } from "./exchange.ts";
import type { NodeListener } from "./exchange.ts";
import { toListenAddress } from "./listen-arguments.ts";
import type { NodeListenOptions } from "./listen-arguments.ts";

/** @inline */
interface NodeServerEvents {
  /** A request has come; the listener of `createServer` is one of its listeners. */
  request: [request: IncomingMessage, response: ServerResponse];
  /** It accepts connections. */
  listening: [];
  /** It has stopped, and the last request has ended. */
  close: [];
  /** It cannot listen. */
  error: [error: Error];
  /** `setTimeout` of a request or response ran out. */
  timeout: [socket: unknown];
}

/**
 * A FastCGI server in the shape of `http.Server`, for applications and frameworks that expect one.
 * Requests and responses are node:http's own objects.
 */
export class NodeServer extends EventEmitter<NodeServerEvents> implements AsyncDisposable {
  /** For programs that set them: keeping connections alive is the web server's choice (FastCGI 1.0 §3.5). */
  keepAliveTimeout = 0;
  /** Without effect: the option `paramsTimeout` is its like. */
  headersTimeout = 0;
  /** Without effect: the option `stdinTimeout` is its like. */
  requestTimeout = 0;
  /** Without effect: the option `maxParams` is its like. */
  maxHeadersCount: number | null = null;
  /** Without effect: the option `maxRequestsPerConnection` is its like. */
  maxRequestsPerSocket = 0;
  /** Without effect, as 0 in `http.Server`. */
  timeout = 0;
  readonly #options: ServerOptions;
  readonly #run: RequestRunner;
  #server: FastCGIServer | undefined;

  /** @internal */
  constructor(options: ServerOptions, listener: NodeListener | undefined) {
    super();
    this.#options = options;
    if (listener !== undefined) this.on("request", listener);
    const emit = (request: IncomingMessage, response: ServerResponse): unknown => {
      // A single listener is called directly, so that what its promise rejects with is an answer, too.
      const listeners = this.listeners("request");
      if (listeners.length !== 1) return void this.emit("request", request, response);
      return listeners[0]!.call(this, request, response);
    };
    this.#run = (active) => {
      const result = new NodeExchange(active, this).run(emit);
      return result instanceof Promise ? result : undefined;
    };
  }

  /** Does it accept connections? */
  get listening(): boolean {
    return this.#server?.address !== undefined;
  }

  /** Undefined before `listen`. */
  get stats(): FastCGIServerStats | undefined {
    return this.#server?.stats;
  }

  /**
   * Listens on an address as `serve` has them (`unix:/run/app.sock`, `tcp://127.0.0.1:9000`, `fd:0`), or on what
   * `net.Server` takes: a port, and a host, loopback unless given; a path; an object of these. With none it is the option
   * `listen`, or else descriptor 0. Then `listening` is emitted, or `error`.
   *
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_LISTEN`
   */
  listen(callback?: () => void): this;
  listen(address: string | number | NodeListenOptions, callback?: () => void): this;
  listen(port: number | string, host: string, callback?: () => void): this;
  listen(port: number | string, host: string, backlog: number, callback?: () => void): this;
  listen(...given: unknown[]): this {
    if (this.#server !== undefined) throw new FastCGIError("FCGI_ERR_LISTEN", "The server listens already.");
    const callback = given.findLast((argument) => typeof argument === "function");
    const listen = toListenAddress(given);
    const server = startServer({ ...this.#options, ...listen }, this.#run);
    this.#server = server;
    if (callback !== undefined) this.once("listening", callback as () => void);
    server.ready.then(
      () => this.emit("listening"),
      (error: Error) => {
        this.#server = undefined;
        this.emit("error", error);
      },
    );
    return this;
  }

  /** As `net.Server`: an object for TCP, the path for a UNIX socket, null when it does not listen. */
  address(): AddressInfo | string | null {
    const text = this.#server?.address;
    if (text === undefined) return null;
    if (text === "cgi") return text;
    const { address } = parseListenAddress(text);
    if (address.kind === "unix") return address.path;
    if (address.kind !== "tcp") return text;
    const { host, port } = address;
    return { address: host, family: host.includes(":") ? "IPv6" : "IPv4", port };
  }

  /** Stops accepting and lets the running requests finish; then `close` is emitted. */
  close(callback?: (error?: Error) => void): this {
    const server = this.#server;
    if (server === undefined) {
      const error = new FastCGIError("FCGI_ERR_CLOSED", "The server is not listening.");
      if (callback !== undefined) process.nextTick(callback, error);
      return this;
    }
    if (callback !== undefined) this.once("close", () => callback());
    void server.close().then(() => {
      if (this.#server !== server) return;
      this.#server = undefined;
      this.emit("close");
    });
    return this;
  }

  /** Cuts the running requests, and closes. */
  closeAllConnections(): void {
    void this.#server?.destroy().then(() => this.emit("close"));
  }

  /** Idle connections are closed by `close`; there are none to close before. */
  closeIdleConnections(): void {}

  /** Notes the number, and listens for `timeout`, which `setTimeout` of a request or response sets. */
  setTimeout(milliseconds?: number, callback?: (socket: unknown) => void): this {
    this.timeout = milliseconds ?? 0;
    if (callback !== undefined) this.on("timeout", callback);
    return this;
  }

  /** Without effect: a server that listens keeps the process running. */
  ref(): this {
    return this;
  }

  /** Without effect. */
  unref(): this {
    return this;
  }

  /** Closes, and resolves when the last request has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server === undefined) return;
    await new Promise<void>((resolve) => this.close(() => resolve()));
  }
}

/**
 * `http.createServer` for FastCGI: what answers there answers here, unchanged. Express, Connect, Koa
 * (`app.callback()`), Fastify (`serverFactory`), NestJS and Hono's Node listener are in the tests. A custom Next.js server runs, too.
 *
 * @example
 * createServer(app).listen("unix:/run/app.sock");
 */
export function createServer(listener?: NodeListener): NodeServer;
export function createServer(options: ServerOptions, listener?: NodeListener): NodeServer;
export function createServer(first: ServerOptions | NodeListener | undefined, second?: NodeListener): NodeServer {
  return typeof first === "function" ? new NodeServer({}, first) : new NodeServer(first ?? {}, second);
}
