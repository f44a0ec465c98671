import type { ServerResponse } from "node:http";

import { StallWatch } from "../front/stall-watch.ts";
import type { GatewayResponse } from "../gateway-request.ts";
import type { Connection, Watcher } from "./connection.ts";
import { EarlyEnd } from "./early-end.ts";
import type { NodeRequest } from "./request.ts";

/** Up to so many bytes of body leave as one string with the head: one write, one copy. */
const SMALL = 16_384;

/**
 * A response of `node:http`. What the gateway writes in the same turn as the head goes out together with it, and when that is all of
 * it, with its length; nothing ever waits longer than for the end of the turn.
 */
export class NodeResponse implements GatewayResponse, Watcher {
  onDrain: (() => void) | undefined;
  stallTimeout = 0;
  readonly #response: ServerResponse;
  readonly #request: NodeRequest;
  readonly #connection: Connection;
  #statusCode = 0;
  #statusText: string | undefined;
  #rawHeaders: string[] = [];
  /** The head waits for the end of the turn; so does `#text`, the latin-1 of the first bytes of the body. */
  #headWaits = false;
  #text = "";
  #ended = false;
  #watchesDrain = false;
  #stall: StallWatch | undefined;
  /** Of chunks on their way: given back when written, or when the connection has gone. */
  #releases: Set<() => void> | undefined;

  constructor(response: ServerResponse, request: NodeRequest, connection: Connection) {
    this.#response = response;
    this.#request = request;
    this.#connection = connection;
    connection.watch(this);
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    const { socket } = this.#response;
    if (this.#gone || this.#ended || this.#request.httpVersion !== "1.1") return;
    if (statusCode === 100) {
      this.#request.awaitsContinue = false;
      this.#response.writeContinue();
      return;
    }
    // Behind another response it has no socket yet, and hints that come late are of no use.
    if (socket === null || this.#response.headersSent) return;
    let text = `HTTP/1.1 ${statusCode} ${statusCode === 103 ? "Early Hints" : "Information"}\r\n`;
    for (let at = 0; at < rawHeaders.length; at += 2) text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
    socket.write(`${text}\r\n`, "latin1");
  }

  start(statusCode: number, rawHeaders: string[], statusText?: string): void {
    this.#statusCode = statusCode;
    this.#rawHeaders = rawHeaders;
    this.#statusText = statusText === "" ? undefined : statusText;
    this.#headWaits = true;
    process.nextTick(turnEnd, this);
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    if (this.#gone || this.#ended || this.#request.method === "HEAD") {
      release?.();
      return true;
    }
    if (!this.#headWaits) return this.#write(chunk, release);
    if (chunk.length + this.#text.length > SMALL) return this.#writeWithHead(chunk, release);
    this.#text += latin1(chunk);
    release?.();
    return true;
  }

  get unsent(): number {
    // What waits for the end of the turn alone is as good as sent.
    return this.#response.writableLength;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unwatch();
    if (this.#request.complete) this.finish();
    else if (!this.#gone) new EarlyEnd(this.#request, this, this.#connection).start();
  }

  withdraw(): boolean {
    if (this.#ended || this.#gone || this.#response.headersSent) return false;
    this.#headWaits = false;
    this.#text = "";
    return true;
  }

  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#headWaits = false;
    // Behind another response: that one is not to suffer.
    if (this.#response.socket === null && !this.#gone) this.#response.once("socket", () => this.#connection.reset());
    else this.#connection.reset();
    this.#unwatch();
  }

  onConnectionClosed(): void {
    this.#headWaits = false;
    this.#stall?.stop();
    if (!this.#ended) {
      this.#ended = true;
      this.#request.onAbort?.(this.#stall?.reason);
    }
    if (this.#releases !== undefined) for (const release of this.#releases) release();
    this.#releases?.clear();
    this.#connection.unwatch(this);
  }

  /** The end of the turn in which the head was given. */
  onTurnEnd(): void {
    if (!this.#headWaits || this.#ended || this.#gone) return;
    try {
      this.#flush();
    } catch {
      // A head that node:http refuses harms this response alone, not the process.
      this.abort();
    }
  }

  /** For {@link EarlyEnd}: is the head still here, so that it can say how the connection goes on? */
  get headWaits(): boolean {
    return this.#headWaits;
  }

  /** For {@link EarlyEnd}: sends all but the end itself, and says that the connection ends after it. */
  flushLast(): void {
    this.#addLength();
    this.#rawHeaders.push("Connection", "close");
    this.#flush();
  }

  /** Completes the response; all of the request is there or does not matter. */
  finish(): void {
    if (this.#gone) return;
    if (this.#headWaits) {
      this.#addLength();
      this.#writeHead();
    }
    if (this.#text === "") this.#response.end();
    else this.#response.end(this.#text, "latin1");
    if (this.#response.writableLength > 0) this.#watchStall();
  }

  get #gone(): boolean {
    return this.#connection.socket.destroyed;
  }

  #write(chunk: Uint8Array, release: (() => void) | undefined): boolean {
    let written: boolean;
    if (release === undefined) written = this.#response.write(Buffer.from(chunk));
    else {
      this.#releases ??= new Set();
      const releases = this.#releases.add(release);
      written = this.#response.write(chunk, () => {
        if (releases.delete(release)) release();
        if (this.#ended) this.#unwatch();
      });
    }
    if (this.#response.writableLength > 0) this.#watchStall();
    if (!written) this.#watchDrain();
    return written;
  }

  /** A method of its own: a listener made in `#write` would keep what that call releases for as long as the response lives. */
  #watchDrain(): void {
    if (this.#watchesDrain) return;
    this.#watchesDrain = true;
    this.#response.on("drain", () => this.onDrain?.());
  }

  #watchStall(): void {
    if (this.stallTimeout === 0) return;
    this.#stall ??= new StallWatch(this.#response, this.#connection, this.stallTimeout);
    this.#stall.arm();
  }

  /** Not by `flushHeaders()`, which sends the head as UTF-8. */
  #flush(): void {
    this.#writeHead();
    const text = this.#text;
    this.#text = "";
    this.#response.write(text, "latin1");
  }

  #writeWithHead(chunk: Uint8Array, release: (() => void) | undefined): boolean {
    const { socket } = this.#response;
    socket?.cork();
    if (this.#text === "") this.#writeHead();
    else this.#flush();
    const written = this.#write(chunk, release);
    socket?.uncork();
    return written;
  }

  #writeHead(): void {
    this.#headWaits = false;
    // An array is sent as it is: order, repetitions and the case of names.
    if (this.#statusText === undefined) this.#response.writeHead(this.#statusCode, this.#rawHeaders);
    else this.#response.writeHead(this.#statusCode, this.#statusText, this.#rawHeaders);
  }

  /** All of the body is known: with its length the connection can go on, and nothing need be chunked. */
  #addLength(): void {
    const status = this.#statusCode;
    if (status === 204 || status === 304 || this.#request.method === "HEAD" || hasContentLength(this.#rawHeaders))
      return;
    this.#rawHeaders.push("Content-Length", String(this.#text.length));
  }

  /** Chunks that are still on their way come back when they are written, or when the connection closes. */
  #unwatch(): void {
    if (this.#releases === undefined || this.#releases.size === 0) this.#connection.unwatch(this);
  }
}

function turnEnd(response: NodeResponse): void {
  response.onTurnEnd();
}

function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString("latin1");
}

function hasContentLength(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") return true;
  }
  return false;
}
