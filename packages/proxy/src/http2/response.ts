import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";

import { FrontResponse } from "../front/front-response.ts";
import { type Resettable, StallWatch, type WatchedOutput } from "../front/stall-watch.ts";
import { type TurnEndWaiter, atTurnEnd } from "../front/turn-end.ts";
import type { GatewayResponse } from "../gateway-request.ts";
import type { Http2Request } from "./request.ts";
import { resetStream } from "./reset-stream.ts";
import { outgoingFields } from "./response-fields.ts";

/** Bytes given to the session at once: a frame, so that it can be seen how fast the client takes them. */
const PIECE = 16_384;

/** Bytes that may wait before the gateway is asked to pause. */
const HIGH = 32_768;

/** What a response needs of its connection. */
export interface ResponseConnection {
  /**
   * Looks after what was written.
   *
   * @param stallTimeout ms in which the client may take nothing of all that is written to it
   */
  look(stallTimeout: number): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly release: (() => void) | undefined;
}

/**
 * One response of a connection. What the gateway says in one turn leaves together. Once it has ended, was aborted, or its client has gone,
 * it does nothing any more, whatever it is told.
 */
export class Http2Response
  extends FrontResponse<Http2Request>
  implements GatewayResponse, WatchedOutput, Resettable, TurnEndWaiter
{
  readonly #stream: ServerHttp2Stream;
  readonly #connection: ResponseConnection;
  #status = 0;
  #rawHeaders: readonly string[] = [];
  #headWaits = false;
  /** No body belongs to it (RFC 9110 §6.4.1). */
  #bodiless = false;
  /** As announced; -1: not. */
  #length = -1;
  readonly #queue: Waiting[] = [];
  /** Of the first of the queue, what the session has. */
  #offset = 0;
  #waiting = 0;
  #writing = false;
  #blocked = false;
  #stall: StallWatch | undefined;

  constructor(request: Http2Request, stream: ServerHttp2Stream, began: number, connection: ResponseConnection) {
    super(request, began);
    this.#stream = stream;
    this.#connection = connection;
  }

  get unsent(): number {
    // What waits for the end of the turn alone is as good as sent.
    return this.#headWaits ? 0 : this.#waiting;
  }

  /** For the {@link StallWatch}. */
  get socket(): this {
    return this;
  }

  get bytesWritten(): number {
    return this.bytes;
  }

  get writableLength(): number {
    return this.#waiting;
  }

  get writableFinished(): boolean {
    return this.#stream.writableFinished;
  }

  get stallReason(): Error | undefined {
    return this.#stall?.reason;
  }

  informational(statusCode: number, rawHeaders: readonly string[]): void {
    if (this.ended || this.#status !== 0 || this.#gone || (statusCode === 100 && this.request.complete)) return;
    try {
      this.#stream.additionalHeaders(outgoingFields(statusCode, rawHeaders).headers);
    } catch {
      // Hints that cannot be sent are left out.
    }
  }

  start(statusCode: number, rawHeaders: string[]): void {
    if (this.ended || this.#status !== 0) return;
    this.#status = statusCode;
    this.#rawHeaders = rawHeaders;
    this.#bodiless = this.request.method === "HEAD" || statusCode === 204 || statusCode === 304;
    this.#headWaits = true;
    atTurnEnd(this);
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    const { length } = chunk;
    if (this.ended || this.#bodiless || length === 0) {
      release?.();
      return true;
    }
    this.bytes += length;
    this.#queue.push({ bytes: release === undefined ? Buffer.from(chunk) : chunk, release });
    this.#waiting += length;
    if (!this.#headWaits) this.#pump();
    this.#blocked = this.#waiting >= HIGH;
    return !this.#blocked;
  }

  end(): void {
    if (this.ended || this.#status === 0) return;
    this.ended = true;
    this.onDrain = undefined;
    if (this.#headWaits) return;
    if (this.#length >= 0 && this.bytes !== this.#length && !this.#bodiless) this.#giveUp();
    else if (!this.#writing) this.#pump();
  }

  abort(): void {
    if (this.ended) return;
    this.#giveUp();
  }

  withdraw(): boolean {
    if (this.ended || !this.#headWaits) return false;
    this.#status = this.bytes = 0;
    this.#headWaits = false;
    this.#forget();
    return true;
  }

  /** For the connection: the client has gone, or has all of it. */
  close(): void {
    this.ended = true;
    this.onDrain = undefined;
    this.#headWaits = false;
    this.#stall?.stop();
    this.#forget();
  }

  onTurnEnd(): void {
    if (!this.#headWaits) return;
    this.#headWaits = false;
    if (!this.#gone && this.#sendHead()) this.#pump();
  }

  /** For the {@link StallWatch}: the client opens no window for it. */
  reset(): void {
    this.cut = true;
    resetStream(this.#stream, constants.NGHTTP2_CANCEL);
  }

  get #gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #sendHead(): boolean {
    try {
      const { headers, length } = outgoingFields(this.#status, this.#rawHeaders);
      const known = this.ended && !this.#bodiless;
      if (known && length < 0) headers["content-length"] = this.bytes;
      if (!this.#bodiless && length >= 0 && (known ? this.bytes !== length : this.bytes > length))
        throw new Error("The body has another length than was announced.");
      this.#length = length;
      this.#stream.respond(headers, { endStream: this.#bodiless || (known && this.bytes === 0) });
    } catch {
      // A head that cannot be sent harms this response alone, not the process.
      this.#giveUp();
      return false;
    }
    this.statusCode = this.#status;
    return true;
  }

  #pump(): void {
    if (this.#writing || this.#gone) return;
    const [first] = this.#queue;
    if (first === undefined) {
      if (this.ended && !this.#stream.writableEnded) this.#stream.end();
      return;
    }
    if (this.#length >= 0 && this.bytes > this.#length) {
      this.#giveUp();
      return;
    }
    const { bytes } = first;
    const end = Math.min(this.#offset + PIECE, bytes.length);
    const piece = bytes.subarray(this.#offset, end);
    this.#writing = true;
    this.#stream.write(piece, this.#onWritten);
    this.#offset = end;
    if (this.stallTimeout > 0) {
      if (this.#stall?.limit !== this.stallTimeout) this.#stall = new StallWatch(this, this, this.stallTimeout);
      this.#stall.arm();
      this.#connection.look(this.stallTimeout);
    }
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#writing = false;
    const [first] = this.#queue;
    if (first === undefined || (error !== undefined && error !== null)) return;
    const taken = this.#offset % PIECE === 0 ? PIECE : this.#offset % PIECE;
    this.#waiting -= taken;
    if (this.#offset >= first.bytes.length) {
      this.#queue.shift();
      this.#offset = 0;
      first.release?.();
    }
    if (this.#blocked && this.#waiting < HIGH) {
      this.#blocked = false;
      this.onDrain?.();
    }
    this.#pump();
  };

  #giveUp(): void {
    this.ended = this.cut = true;
    this.onDrain = undefined;
    this.#headWaits = false;
    if (!this.#gone) resetStream(this.#stream, constants.NGHTTP2_INTERNAL_ERROR);
  }

  #forget(): void {
    const waiting = this.#queue.splice(0);
    this.#offset = this.#waiting = 0;
    for (const { release } of waiting) release?.();
  }
}
