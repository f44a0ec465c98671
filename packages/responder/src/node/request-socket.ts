import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";

import { FastCGIError } from "@x/protocol/errors";

import type { ActiveRequest } from "../active-request.ts";
import { LazyEmitter } from "../lazy-emitter.ts";
import { toCGIHead } from "./head.ts";
import type { NodeResponse } from "./internals.ts";

const HIGH_WATER = 65_536;

type WriteCallback = (error?: Error | null) => void;

/** @inline */
interface SocketEvents {
  close: [hadError: boolean];
  drain: [];
  error: [error: Error];
  timeout: [];
}

/**
 * What `req.socket` and `res.socket` are: one request's share of the connection to the web server, in the
 * shape that node:http needs below its messages. It tells of the browser, as far as the web server does:
 * `remoteAddress`, `encrypted`. It is no `net.Socket`: other requests may use the connection.
 */
export class RequestSocket extends LazyEmitter<SocketEvents> {
  readable = true;
  writable = true;
  destroyed = false;
  errored: Error | null = null;
  timeout = 0;
  bytesWritten = 0;
  /** @internal node:http notes here whether it has stopped reading. */
  _paused = false;
  /** @internal node:http asks it before it tells of the end. */
  _hadError = false;
  /** @internal The response that writes, as node:http notes it. */
  _httpMessage: NodeResponse | null = null;
  readonly #active: ActiveRequest;
  readonly #server: EventEmitter;
  #headSent = false;
  #callbacks: WriteCallback[] | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(active: ActiveRequest, server: EventEmitter) {
    super();
    this.#active = active;
    this.#server = server;
  }

  /** Did the browser come by HTTPS? As in `tls.TLSSocket`; undefined otherwise, as in `net.Socket`. */
  get encrypted(): true | undefined {
    return this.#active.request.scheme === "https" ? true : undefined;
  }

  /** REMOTE_ADDR. */
  get remoteAddress(): string | undefined {
    return this.#active.request.remoteAddress;
  }

  /** REMOTE_PORT. */
  get remotePort(): number | undefined {
    return this.#active.request.remotePort;
  }

  get remoteFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.remoteAddress);
  }

  /** SERVER_ADDR. */
  get localAddress(): string | undefined {
    return this.#active.exchange.params.get("SERVER_ADDR") || undefined;
  }

  /** SERVER_PORT. */
  get localPort(): number | undefined {
    const text = this.#active.exchange.params.get("SERVER_PORT");
    return text === undefined || !/^\d{1,5}$/.test(text) ? undefined : Number(text);
  }

  get localFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.localAddress);
  }

  get readyState(): "open" | "closed" {
    return this.destroyed ? "closed" : "open";
  }

  get writableNeedDrain(): boolean {
    return this.#active.output.needsDrain;
  }

  get writableLength(): number {
    return this.writableNeedDrain ? HIGH_WATER : 0;
  }

  get writableEnded(): boolean {
    return this.#active.output.ended;
  }

  get readableHighWaterMark(): number {
    return HIGH_WATER;
  }

  get writableHighWaterMark(): number {
    return HIGH_WATER;
  }

  get connecting(): boolean {
    return false;
  }

  /** Never zero: what one turn writes leaves together anyway, so node:http need not see to it. */
  get writableCorked(): number {
    return 1;
  }

  /** @internal node:http sets `corked` of it. */
  get _writableState(): { corked: number; needDrain: boolean } {
    return STATE;
  }

  get server(): EventEmitter {
    return this.#server;
  }

  address(): { address?: string; family?: string; port?: number } {
    const { localAddress: address, localFamily: family, localPort: port } = this;
    if (address === undefined || family === undefined || port === undefined) return {};
    return { address, family, port };
  }

  /** For node:http: wants the next piece of the request body. */
  resume(): this {
    this._paused = false;
    this.#timer?.refresh();
    this.#active.body.pull();
    return this;
  }

  pause(): this {
    this._paused = true;
    return this;
  }

  /** For node:http: head and body of the response. Anything before the head is a 1xx, which CGI has no way to tell. */
  write(
    data: string | Uint8Array,
    encoding?: BufferEncoding | WriteCallback | null,
    callback?: WriteCallback,
  ): boolean {
    const done = typeof encoding === "function" ? encoding : callback;
    const header = this._httpMessage?._header;
    const { output } = this.#active;
    const over = this.destroyed || output.ended;
    if (over || header === undefined || header === null) {
      if (typeof done === "function") process.nextTick(done, over ? gone() : null);
      return !over;
    }
    if (typeof done === "function") this.#later(done);
    this.#timer?.refresh();
    if (!this.#headSent) {
      if (data !== header) return true; // 1xx again
      this.#headSent = true;
      output.writeEncodedHead(this._httpMessage!.statusCode, toCGIHead(header));
      return !output.needsDrain;
    }
    if (data.length === 0) return !output.needsDrain;
    this.bytesWritten += data.length;
    if (typeof data !== "string") return output.write(data);
    if (typeof encoding !== "string" || encoding === "utf8") return output.writeText(data);
    return output.write(Buffer.from(data, encoding));
  }

  cork(): void {}
  uncork(): void {}

  /** Ends the response; node:http does not call it. */
  end(): this {
    this.destroySoon();
    return this;
  }

  destroySoon(): void {
    if (this.#active.output.ended) return;
    if (this._httpMessage === null) this.destroy();
    else (this._httpMessage as unknown as ServerResponse).end();
  }

  /** Gives the response up: a bare 500 before the head is sent, a response that is visibly cut after. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    const { output } = this.#active;
    if (!output.ended && !output.gone) {
      this.#active.fail(error ?? new FastCGIError("FCGI_ERR_DESTROYED", "The response was given up."));
    }
    this.close(error);
    return this;
  }

  /** For the exchange: nothing comes or goes any more. */
  close(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    this.errored = error ?? null;
    this._hadError = error !== undefined;
    clearTimeout(this.#timer);
    const reason = error ?? gone();
    const callbacks = this.#callbacks;
    this.#callbacks = undefined;
    if (callbacks !== undefined) {
      this._hadError = true; // or node:http would take the last of them for the end
      for (const done of callbacks) done(reason);
    }
    const request = this._httpMessage?.req;
    process.nextTick(() => {
      if (request !== undefined && !request.destroyed) request.destroy(aborted(error));
      if (this._httpMessage !== null) closeResponse(this._httpMessage);
      this.emit("close", this._hadError);
    });
  }

  /** For the exchange: what was written has left for the system. */
  onFlushed(): void {
    const callbacks = this.#callbacks;
    if (callbacks === undefined) return;
    this.#callbacks = undefined;
    for (const done of callbacks) done();
  }

  /** `timeout` is emitted on request, response and server; nobody listening, the response is given up, as in node:http. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.timeout = milliseconds;
    if (milliseconds > 0) {
      this.#timer = setTimeout(() => this.#onTimeout(), milliseconds).unref();
      if (callback !== undefined) this.once("timeout", callback);
    } else if (callback !== undefined) this.off("timeout", callback);
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #onTimeout(): void {
    this.emit("timeout");
    const response = this._httpMessage as unknown as ServerResponse | null;
    if (response === null) return;
    const { req } = response;
    const told = [
      !req.complete && req.emit("timeout", this),
      response.emit("timeout", this),
      this.#server.emit("timeout", this),
    ];
    if (!told.includes(true)) this.destroy();
  }

  #later(done: WriteCallback): void {
    if (this.#callbacks === undefined) this.#callbacks = [done];
    else this.#callbacks.push(done);
    this.#active.output.awaitFlush();
  }
}

/** Written, never read: one for all. */
const STATE = { corked: 0, needDrain: false };

function familyOf(address: string | undefined): "IPv4" | "IPv6" | undefined {
  if (address === undefined) return undefined;
  if (address.includes(":")) return address.startsWith("unix:") ? undefined : "IPv6";
  return "IPv4";
}

/** The error that node:http tells when a request breaks off, which frameworks know. */
export function aborted(cause: unknown): Error {
  return Object.assign(new Error("aborted", { cause }), { code: "ECONNRESET" });
}

/** Tells a response that it is over. */
export function closeResponse(response: NodeResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  (response as unknown as ServerResponse).emit("close");
}

function gone(): FastCGIError {
  return new FastCGIError("FCGI_ERR_SOCKET", "Nobody waits for the response any more.");
}
