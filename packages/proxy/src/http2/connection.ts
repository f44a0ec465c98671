import { STATUS_CODES } from "node:http";
import { constants, performServerHandshake } from "node:http2";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";

import { Accepted } from "../front/accepted.ts";
import { Deadline } from "../front/deadline.ts";
import type { ConnectionEnds } from "../front/endpoint.ts";
import { type Resettable, StallWatch, type WatchedOutput, writeQueueSize } from "../front/stall-watch.ts";
import { timers } from "../timers.ts";
import { Allowance } from "./allowance.ts";
import { type Http2Owner, sessionOptions } from "./connection-rules.ts";
import { BadFields, readFields } from "./request-fields.ts";
import { Http2Request } from "./request.ts";
import { Http2Response, type ResponseConnection } from "./response.ts";

/** Milliseconds in which a connection that was told to end is to end, when nothing runs on it. */
const LINGER = 1_000;

/**
 * What a client may do that costs us more than it: reset a request that runs (CVE-2023-44487, CVE-2025-8671), ping, change settings. So
 * often at once and so often a second; beyond, it is told to make another connection, and after as much again it is cut.
 */
const RESETS = { burst: 20, perSecond: 5 };
const CHATTER = { burst: 100, perSecond: 10 };
const AFTER_GOAWAY = { burst: 100, perSecond: 0 };

/** One connection of a client that speaks HTTP/2; its requests run at once. */
export class Http2Connection extends Accepted implements ResponseConnection, WatchedOutput, Resettable {
  slot = 0;
  readonly #socket: TLSSocket;
  readonly #session: ServerHttp2Session;
  readonly #owner: Http2Owner;
  readonly #deadline: Deadline;
  #chatter = new Allowance(CHATTER.burst, CHATTER.perSecond);
  #resets = new Allowance(RESETS.burst, RESETS.perSecond);
  /** Requests that are not over. */
  #running = 0;
  #stall: StallWatch | undefined;
  #goneAway = false;

  /** @param ends who they are, when the socket itself does not know */
  constructor(socket: TLSSocket, owner: Http2Owner, ends?: ConnectionEnds) {
    super(socket, ends);
    this.#socket = socket;
    this.#owner = owner;
    this.#deadline = new Deadline(timers, () => this.#onDue());
    this.#deadline.set(owner.http2Rules.requestHead);
    const session = performServerHandshake(socket, sessionOptions(owner.http2Rules));
    this.#session = session;
    session.on("stream", (stream, headers, flags, rawHeaders) => this.#onStream(stream, headers, flags, rawHeaders));
    session.on("ping", () => this.#onChatter());
    session.on("remoteSettings", () => this.#onChatter());
    // "close" follows, of both.
    session.on("error", () => undefined);
    socket.on("error", () => undefined);
    // Who says nothing more has gone, whatever was asked for.
    socket.on("end", () => this.destroy());
    session.on("close", () => {
      this.#deadline.stop();
      this.#stall?.stop();
      owner.onClosed(this);
    });
  }

  drain(): void {
    this.#goAway(constants.NGHTTP2_NO_ERROR);
  }

  destroy(): void {
    // Not the session, which would end its streams as if they were complete.
    this.#socket.destroy();
  }

  #onStream(
    stream: ServerHttp2Stream,
    _headers: IncomingHttpHeaders,
    flags: number,
    rawHeaders: readonly string[],
  ): void {
    stream.on("error", () => undefined);
    // A request that was reset in the same read never begins.
    if (stream.closed || stream.destroyed) {
      this.#onReset();
      return;
    }
    if (this.#goneAway) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      this.#onReset();
      return;
    }
    const fields = readFields(rawHeaders);
    if (fields instanceof BadFields) {
      refuse(stream, fields.status);
      return;
    }
    const bodiless = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const request = new Http2Request(fields, stream, this, bodiless);
    const response = new Http2Response(request, stream, this.#owner.now, this);
    this.#running++;
    this.#deadline.clear();
    stream.on("finish", () => {
      // The rest of its body is of no use to anybody.
      if (!request.complete) stream.close(constants.NGHTTP2_NO_ERROR);
    });
    stream.on("close", () => this.#onOver(stream, request, response));
    this.#owner.onRequest(request, response);
  }

  #onOver(stream: ServerHttp2Stream, request: Http2Request, response: Http2Response): void {
    const complete = response.ended && stream.writableFinished && !response.cut;
    const aborted = !response.ended;
    const reason = response.stallReason ?? this.#stall?.reason;
    response.close();
    if (aborted) request.onAbort?.(reason);
    request.fail();
    this.#owner.onResponseOver(response, complete);
    if (!complete && !response.cut) this.#onReset();
    if (--this.#running === 0 && !this.#session.destroyed) this.#rest();
  }

  #rest(): void {
    const { keepAlive } = this.#owner.http2Rules;
    this.#deadline.set(this.#goneAway ? LINGER : keepAlive);
  }

  /** Bytes that the client's end of the connection has not taken. */
  get writableLength(): number {
    return writeQueueSize(this.#socket);
  }

  get socket(): TLSSocket {
    return this.#socket;
  }

  get writableFinished(): boolean {
    return this.#socket.destroyed;
  }

  look(stallTimeout: number): void {
    if (this.writableLength === 0) return;
    if (this.#stall?.limit !== stallTimeout) this.#stall = new StallWatch(this, this, stallTimeout);
    this.#stall.arm();
  }

  /** For the {@link StallWatch}: nothing of the connection moves. */
  reset(): void {
    this.destroy();
  }

  #onReset(): void {
    if (!this.#resets.take()) this.#misbehaves();
  }

  #onChatter(): void {
    if (!this.#chatter.take()) this.#misbehaves();
  }

  #misbehaves(): void {
    if (this.#session.destroyed) return;
    if (this.#goneAway) this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    else this.#goAway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Takes no further request; those that run go on to their end. */
  #goAway(code: number): void {
    if (this.#goneAway || this.#session.destroyed) return;
    this.#goneAway = true;
    this.#resets = this.#chatter = new Allowance(AFTER_GOAWAY.burst, AFTER_GOAWAY.perSecond);
    if (code !== constants.NGHTTP2_NO_ERROR) this.#session.goaway(code);
    this.#session.close();
    if (this.#running === 0) this.#rest();
  }

  #onDue(): void {
    if (this.#goneAway) this.destroy();
    else this.#goAway(constants.NGHTTP2_NO_ERROR);
  }
}

function refuse(stream: ServerHttp2Stream, status: number): void {
  const text = Buffer.from(`${STATUS_CODES[status]}\n`);
  stream.respond({ ":status": status, "content-type": "text/plain", "content-length": text.length });
  stream.end(text);
  stream.resume();
}
