import { FastCGIError } from "@x/protocol/errors";

import type { ActiveRequest } from "./active-request.ts";
import { LazyEmitter } from "./lazy-emitter.ts";
import { toRawHeaders } from "./response-headers.ts";
import type { HeadersInput } from "./response-headers.ts";

/** The way to the web server's error log. */
export interface ResponseStderr {
  /**
   * Writes text (as UTF-8) or bytes; after the end of the response they are dropped.
   *
   * @returns false when the connection is congested
   */
  write(chunk: string | Uint8Array): boolean;
}

/** @inline */
interface ResponseEvents {
  /** There is room again after `write` returned false. */
  drain: [];
  /** The whole response was handed to the system. */
  finish: [];
  /** Nothing more will happen: finished, or the connection is gone. */
  close: [];
  /** @internal */
  flush: [];
  /** A stream is being piped into the response. */
  pipe: [source: unknown];
  /** A stream is piped into it no more. */
  unpipe: [source: unknown];
}

/**
 * The response to one request, shaped like the writable side of Node's: `stream.pipe(response)` and
 * `pipeline(stream, response)` work.
 *
 * Nothing is added to what the application says: no Date, Content-Type or Content-Length of our own
 * making. Head, body and end that are written in one turn leave in one write.
 */
export class FastCGIResponse extends LazyEmitter<ResponseEvents> implements NodeJS.WritableStream {
  readonly #active: ActiveRequest;
  #stderr: ResponseStderr | undefined;

  /** @internal */
  constructor(active: ActiveRequest) {
    super();
    this.#active = active;
    active.output.observer ??= this;
  }

  /** Where to write for the web server's error log. */
  get stderr(): ResponseStderr {
    return (this.#stderr ??= { write: (chunk) => this.#active.output.writeStderr(toBytes(chunk)) });
  }

  /** The status for a response that starts without `writeHead`. @default 200 */
  get statusCode(): number {
    return this.#active.output.statusCode;
  }

  /** Has no effect once the head is written. */
  set statusCode(statusCode: number) {
    this.#active.output.statusCode = statusCode;
  }

  /**
   * The exit status to tell at the end (FastCGI 1.0 §5.5), unsigned 32 bits. Web servers note it at most.
   *
   * @default 0
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`
   */
  get appStatus(): number {
    return this.#active.output.appStatus;
  }

  /** Throws for what is not an unsigned number of 32 bits. */
  set appStatus(appStatus: number) {
    if (!Number.isInteger(appStatus) || appStatus < 0 || appStatus > 0xffff_ffff) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `Not an exit status of 32 bits: ${appStatus}.`);
    }
    this.#active.output.appStatus = appStatus;
  }

  /** Is the head written, and so no other one possible? */
  get headersSent(): boolean {
    return this.#active.output.headWritten;
  }

  /** May {@link FastCGIResponse.write} be called: neither ended nor without a reader? */
  get writable(): boolean {
    return !this.#active.output.ended && !this.destroyed;
  }

  /** Was {@link FastCGIResponse.end} called? */
  get writableEnded(): boolean {
    return this.#active.output.ended;
  }

  /** Was the whole response handed to the system? */
  get writableFinished(): boolean {
    return this.#active.output.finished;
  }

  /** Did the last `write` return false, and `drain` not come since? */
  get writableNeedDrain(): boolean {
    return this.#active.output.needsDrain;
  }

  /** Is there nobody to write to any more? */
  get destroyed(): boolean {
    return this.#active.output.gone;
  }

  /**
   * Writes the head; the status text is the usual one unless given.
   *
   * @throws FastCGIError `FCGI_ERR_HEADERS_SENT` the second time; `FCGI_ERR_INVALID_ARGUMENT` for a
   * status outside 200–599 (and 103), a bad name, or a value with control characters: nothing is sent then
   */
  writeHead(statusCode: number, headers: HeadersInput = [], statusText?: string): this {
    this.#active.output.writeHead(statusCode, toRawHeaders(headers), statusText);
    return this;
  }

  /**
   * Writes body bytes, or text as UTF-8. Without a head it writes one with `statusCode` and no
   * headers. Bytes must stay as they are until `drain` or `finish`. HEAD, 204 and 304 have no body: it is dropped.
   *
   * @returns false when it is time to wait for `drain`
   * @throws FastCGIError `FCGI_ERR_CLOSED` after the end
   */
  write(chunk: string | Uint8Array, callback?: () => void): boolean;
  write(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: () => void): boolean;
  write(chunk: string | Uint8Array, encoding?: BufferEncoding | (() => void), callback?: () => void): boolean {
    const room = this.#active.output.write(toBytes(chunk, encoding));
    const done = typeof encoding === "function" ? encoding : callback;
    if (done !== undefined) process.nextTick(done);
    return room;
  }

  /** Writes the last bytes, if any, and ends the request. */
  end(callback?: () => void): this;
  end(chunk: string | Uint8Array, callback?: () => void): this;
  end(chunk: string | Uint8Array, encoding?: BufferEncoding, callback?: () => void): this;
  end(
    chunk?: string | Uint8Array | (() => void),
    encoding?: BufferEncoding | (() => void),
    callback?: () => void,
  ): this {
    const done = typeof chunk === "function" ? chunk : typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") this.once("finish", done);
    const { output } = this.#active;
    if (typeof chunk === "string" && typeof encoding !== "string") output.endText(chunk);
    else if (chunk === undefined || chunk === null || typeof chunk === "function") output.end();
    else output.end(toBytes(chunk, encoding));
    return this;
  }

  /**
   * Gives the response up. Before the head is sent the web server gets a 500; after it the response
   * is cut, which closes the connection if no other request runs on it. The reason goes to the error log.
   */
  destroy(error?: Error): this {
    if (!this.writableEnded && !this.destroyed) {
      this.#active.fail(error ?? new FastCGIError("FCGI_ERR_DESTROYED", "The response was given up."));
    }
    return this;
  }
}

function toBytes(chunk: string | Uint8Array, encoding?: BufferEncoding | (() => void)): Uint8Array {
  if (typeof chunk !== "string") return chunk;
  return Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8");
}
