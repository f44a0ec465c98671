import { FastCGIError } from "@x/protocol/errors";

import { responseHead } from "./response-head.ts";
import type { RequestExchange } from "./wire.ts";

/** What a response needs of its request's connection. */
export interface ResponseChannel {
  /** Is so much unsent that a writer should wait for `drain`? */
  readonly congested: boolean;
  /** Bytes were added to the output. */
  onOutput(): void;
  /** `settle()` is to be called before this turn's output leaves, `onFlushed()` after. */
  settleLater(): void;
  /** `onDrain()` is to be called once the output has left. */
  drainLater(): void;
  /** END_REQUEST is in the output. */
  onResponseEnd(): void;
}

/** Who is told what happens to a response; any `EventEmitter` will do. */
export interface ResponseObserver {
  /** `flush`: what was written before `awaitFlush()` has left. */
  emit(event: "drain" | "flush" | "finish" | "close"): unknown;
}

/** The most body bytes that are copied into the head's record; beyond, they follow in a record of their own. */
const JOIN_LIMIT = 16_384;

/** The most characters that are encoded behind the head: three bytes each at most. */
const TEXT_LIMIT = 5_461;

/**
 * STDOUT and STDERR of one request: head, body, end.
 *
 * The head waits for the first body bytes of the same turn and leaves in one record with them, as
 * some web servers read the head from the first record only. No empty STDOUT record is sent before
 * the end: nginx would take it for the end.
 */
export class ResponseStream {
  /** The exit status told in END_REQUEST. */
  appStatus = 0;
  statusCode = 200;
  observer: ResponseObserver | undefined;
  readonly #exchange: RequestExchange;
  readonly #channel: ResponseChannel;
  readonly #isHead: boolean;
  #head: Uint8Array | undefined;
  #headWritten = false;
  #headSent = false;
  #bodyless: boolean;
  #ended = false;
  #finished = false;
  #gone = false;
  #draining = false;
  #settling = false;
  #flushAwaited = false;
  #wake: (() => void) | undefined;

  constructor(exchange: RequestExchange, channel: ResponseChannel, isHead: boolean) {
    this.#exchange = exchange;
    this.#channel = channel;
    this.#isHead = isHead;
    this.#bodyless = isHead;
  }

  /** Has `writeHead` been called, by the application or by the first write? */
  get headWritten(): boolean {
    return this.#headWritten;
  }

  /** Is it too late for another head? */
  get headSent(): boolean {
    return this.#headSent;
  }

  /** Is a body dropped: HEAD, 204, 304? */
  get bodyless(): boolean {
    return this.#bodyless;
  }

  /** Has the application said everything? */
  get ended(): boolean {
    return this.#ended;
  }

  /** Has it left for the socket? */
  get finished(): boolean {
    return this.#finished;
  }

  /** Is there nobody to write to any more? */
  get gone(): boolean {
    return this.#gone;
  }

  /** Was the writer told to wait? */
  get needsDrain(): boolean {
    return this.#draining;
  }

  /** @throws FastCGIError `FCGI_ERR_HEADERS_SENT`, `FCGI_ERR_INVALID_ARGUMENT` */
  writeHead(statusCode: number, rawHeaders: readonly string[], statusText?: string): void {
    if (this.#headWritten || this.#ended) {
      throw new FastCGIError("FCGI_ERR_HEADERS_SENT", "The response head is already written.", {
        phase: "response-head",
        requestId: this.#exchange.id,
      });
    }
    this.writeEncodedHead(statusCode, responseHead(statusCode, rawHeaders, statusText));
  }

  /** Takes a head that is encoded already: node:http's. */
  writeEncodedHead(statusCode: number, head: Uint8Array): void {
    this.#head = head;
    this.#headWritten = true;
    this.statusCode = statusCode;
    this.#bodyless = this.#isHead || statusCode === 204 || statusCode === 304;
    this.#settleLater();
  }

  /** Tells the observer when all that was written so far has left. */
  awaitFlush(): void {
    this.#flushAwaited = true;
    this.#settleLater();
  }

  /** Takes back a head that nobody has seen, to answer with another one. */
  dropHead(): void {
    this.#head = undefined;
    this.#headWritten = this.#headSent;
  }

  /**
   * Sends body bytes, which must stay as they are until `drain` or `finish`.
   *
   * @returns false when the writer should wait for `drain`
   * @throws FastCGIError `FCGI_ERR_CLOSED` after the end
   */
  write(chunk: Uint8Array): boolean {
    if (this.#ended) throw writeAfterEnd(this.#exchange.id);
    if (this.#gone) return false;
    this.#put(chunk);
    return this.#wait();
  }

  /** Resolves when there is room again, or nobody to write to any more. */
  room(): Promise<void> {
    if (!this.#draining || this.#gone) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Sends bytes to the web server's error log. After the end there is no way to send them: they are dropped. */
  writeStderr(chunk: Uint8Array): boolean {
    if (this.#ended || this.#gone) return false;
    this.#exchange.writeStderr(chunk);
    this.#channel.onOutput();
    return !this.#channel.congested;
  }

  /**
   * Sends what is left and ends the request.
   *
   * @throws FastCGIError `FCGI_ERR_CLOSED` for bytes after the end; the end itself may be told again
   */
  end(chunk?: Uint8Array): void {
    if (this.#ended) {
      if (chunk !== undefined) throw writeAfterEnd(this.#exchange.id);
      return;
    }
    if (this.#gone) {
      this.#ended = true;
      return;
    }
    this.#put(chunk ?? EMPTY);
    this.#sendHead(EMPTY, 0);
    this.#ended = true;
    this.#settleLater();
    this.#exchange.end(this.appStatus);
    this.#channel.onResponseEnd();
  }

  /** As {@link ResponseStream.write}, with text as UTF-8. */
  writeText(text: string): boolean {
    if (this.#ended || this.#gone || !this.#putText(text)) return this.write(Buffer.from(text));
    return this.#wait();
  }

  /** As {@link ResponseStream.end}, with text as UTF-8. */
  endText(text: string): void {
    if (this.#ended || this.#gone || !this.#putText(text)) this.end(Buffer.from(text));
    else this.end();
  }

  /** Ends a request that was aborted, without a head if there was none: nobody waits for it. */
  endAborted(): void {
    if (!this.#headWritten) this.#bodyless = this.#headWritten = true;
    this.end();
  }

  /** For the connection: this turn's output is about to leave, so a head waits no longer. */
  settle(): void {
    if (this.#gone) return;
    this.#sendHead(EMPTY, 0);
  }

  /** For the connection: the output has left. */
  onFlushed(): void {
    this.#settling = false;
    if (this.#gone) return;
    if (this.#flushAwaited) {
      this.#flushAwaited = false;
      this.observer?.emit("flush");
    }
    if (!this.#ended || this.#finished) return;
    this.#finished = true;
    this.observer?.emit("finish");
    this.observer?.emit("close");
  }

  /** For the connection: there is room again. */
  onDrain(): void {
    this.#draining = false;
    if (this.#ended || this.#gone) return;
    this.#wake?.();
    this.observer?.emit("drain");
  }

  /** For the connection: it is gone, and the response with it unless it was finished. */
  onGone(): void {
    if (this.#finished || this.#gone) return;
    this.#gone = true;
    this.#wake?.();
    this.observer?.emit("close");
  }

  /** Is there room for more? If not, `onDrain()` will be called. */
  #wait(): boolean {
    if (!this.#channel.congested) return true;
    if (!this.#draining) this.#channel.drainLater();
    this.#draining = true;
    return false;
  }

  #put(chunk: Uint8Array): void {
    if (!this.#headWritten) this.writeHead(this.statusCode, NO_HEADERS);
    if (this.#bodyless || chunk.length === 0) return;
    const joined = this.#sendHead(chunk, Math.min(chunk.length, JOIN_LIMIT));
    this.#exchange.writeStdout(chunk, joined);
    this.#channel.onOutput();
  }

  /** Has text encoded in the output itself, behind a head that waits; false for what is too long or not to be sent. */
  #putText(text: string): boolean {
    if (!this.#headWritten || this.#bodyless || text.length > TEXT_LIMIT) return false;
    const head = this.#head ?? EMPTY;
    if (head.length > JOIN_LIMIT) return false;
    this.#head = undefined;
    this.#headSent = true;
    this.#exchange.writeStdoutText(head, text);
    this.#channel.onOutput();
    return true;
  }

  #settleLater(): void {
    if (!this.#settling) this.#channel.settleLater();
    this.#settling = true;
  }

  /** Sends a head that still waits, together with the first `length` bytes of `chunk`; returns how many went along. */
  #sendHead(chunk: Uint8Array, length: number): number {
    const head = this.#head;
    if (head === undefined) return 0;
    this.#head = undefined;
    this.#headSent = true;
    if (length === 0) {
      this.#exchange.writeStdout(head);
      return 0;
    }
    const record = Buffer.allocUnsafe(head.length + length);
    record.set(head);
    record.set(length === chunk.length ? chunk : chunk.subarray(0, length), head.length);
    this.#exchange.writeStdout(record);
    return length;
  }
}

const EMPTY = new Uint8Array(0);
const NO_HEADERS: readonly string[] = [];

function writeAfterEnd(requestId: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_CLOSED", "The response has ended; nothing more can be written.", { requestId });
}
