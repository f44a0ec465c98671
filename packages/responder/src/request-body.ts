import type { Params } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

/** Who reads a body. */
export interface BodyConsumer {
  /** The next bytes; false: no more until the next `pull()`. */
  onChunk(chunk: Uint8Array): boolean;
  onEnd(): void;
  /** The body will not be complete. */
  onError(error: FastCGIError): void;
}

/** One of the two streams that a request brings. */
export interface BodyKind {
  /** The param that tells how many bytes it has. */
  readonly length: string;
  /** What it is called in messages. */
  readonly name: string;
  /** Is more than that many an error, instead of being cut off? */
  readonly exact: boolean;
}

const STDIN: BodyKind = { length: "CONTENT_LENGTH", name: "request body", exact: false };

/** The file that a Filter is to filter (FastCGI 1.0 §6.4). */
export const DATA: BodyKind = { length: "FCGI_DATA_LENGTH", name: "file", exact: true };

/** Who has to know how much of a body waits: the connection, which can stop reading. */
export interface BodyOwner {
  /** Bytes came or were taken. */
  onBodyFlow(body: RequestBody): void;
}

/**
 * STDIN, or for a Filter DATA, of one request: a queue between the connection and whoever reads, if anybody ever does.
 *
 * It ends with the STDIN stream or with CONTENT_LENGTH bytes, whichever comes first: more is cut
 * off, less is an error, because a web server sends less when its client went away in the middle of
 * an upload (FastCGI 1.0 §6.2).
 */
export class RequestBody {
  /** For the connection: does this body keep it from reading? */
  holding = false;
  /** For the connection: the timer of this body, once it had to wait. */
  timer: Timer | undefined;
  readonly #params: Params;
  readonly #owner: BodyOwner;
  readonly #kind: BodyKind;
  /** Null: not read yet. */
  #contentLength: number | undefined | null = null;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #received = 0;
  #ended = false;
  #told = false;
  #discarded = false;
  #wanting = false;
  #error: FastCGIError | undefined;
  #consumer: BodyConsumer | undefined;

  constructor(params: Params, owner: BodyOwner, kind: BodyKind = STDIN) {
    this.#params = params;
    this.#owner = owner;
    this.#kind = kind;
  }

  /** The length that the web server gave, if it did. Read when first needed: most requests have no body. */
  get contentLength(): number | undefined {
    if (this.#contentLength === null) this.#contentLength = readContentLength(this.#params.get(this.#kind.length));
    return this.#contentLength;
  }

  /** Bytes that came and were not taken. */
  get queued(): number {
    return this.#queued;
  }

  /** Will no byte come any more? */
  get ended(): boolean {
    return this.#ended || this.#discarded || this.#error !== undefined;
  }

  /** Does somebody read it? */
  get read(): boolean {
    return this.#consumer !== undefined;
  }

  /** Has all of it come? */
  get complete(): boolean {
    return this.#ended ? this.#received >= (this.contentLength ?? 0) : this.contentLength === 0;
  }

  /** For the connection: bytes `start` to `end` of `chunk` came on STDIN. */
  push(chunk: Uint8Array, start: number, end: number): void {
    if (this.ended) return;
    const { contentLength } = this;
    if (this.#kind.exact && contentLength !== undefined && end - start > contentLength - this.#received) {
      this.fail(mismatch(`The ${this.#kind.name} is longer than the ${contentLength} bytes of ${this.#kind.length}.`));
      return;
    }
    const until = contentLength === undefined ? end : Math.min(end, start + contentLength - this.#received);
    if (until > start) {
      this.#queue.push(Buffer.from(chunk.subarray(start, until))); // what it came in is read into again
      this.#queued += until - start;
      this.#received += until - start;
    }
    if (this.#received === contentLength && !this.#kind.exact) this.#ended = true;
    this.#deliver();
  }

  /** For the connection: STDIN has ended. */
  finish(): void {
    if (this.ended) return;
    this.#ended = true;
    this.#deliver();
  }

  /** The body will not be complete; what is queued is given up. */
  fail(error: FastCGIError): void {
    if (this.ended) return;
    this.#error = error;
    this.#drop();
    this.#deliver();
  }

  /** For the request: it has ended. A reader who is still at it is told; what is queued and what comes is dropped. */
  discard(): void {
    this.#discarded = true;
    this.#drop();
    if (this.#consumer !== undefined && !this.#told) this.#error ??= requestEnded();
    this.#deliver();
  }

  /** For the reader: no more, please. */
  cancel(): void {
    this.#discarded = true;
    this.#told = true;
    this.#drop();
    this.#deliver();
  }

  /** Names the reader, who then pulls. */
  attach(consumer: BodyConsumer): void {
    if (this.#consumer !== undefined) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "The request body already has a reader.");
    }
    this.#consumer = consumer;
    if (this.contentLength === 0 && !this.#kind.exact) this.#ended = true;
    if (this.#discarded) this.#error ??= requestEnded();
    this.#deliver();
  }

  /** Asks for the next bytes, which come by `onChunk`, at once or later. */
  pull(): void {
    this.#wanting = true;
    this.#deliver();
  }

  #deliver(): void {
    while (this.#wanting && this.#queue.length > 0 && this.#consumer !== undefined) {
      const piece = this.#queue.shift()!;
      this.#queued -= piece.length;
      this.#wanting = false; // a reader may pull again from within
      if (this.#consumer.onChunk(piece)) this.#wanting = true;
    }
    this.#owner.onBodyFlow(this);
    if (this.#told || this.#consumer === undefined || this.#queue.length > 0 || !this.ended) return;
    this.#told = true;
    if (this.#error === undefined && !this.complete) {
      const counts = `${this.#received} of the ${this.contentLength} bytes of ${this.#kind.length}`;
      this.#error = mismatch(`The ${this.#kind.name} is cut short: ${counts} came.`);
    }
    if (this.#error === undefined) this.#consumer.onEnd();
    else this.#consumer.onError(this.#error);
  }

  #drop(): void {
    if (this.#queue.length > 0) this.#queue = [];
    this.#queued = 0;
  }
}

function mismatch(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_BODY_MISMATCH", message, { phase: "request" });
}

function requestEnded(): FastCGIError {
  return new FastCGIError("FCGI_ERR_CLOSED", "The request has ended, and what was left of its body is gone.", {
    phase: "request",
  });
}

/** Digits alone count; anything else is as if it were not there. */
function readContentLength(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) ? length : undefined;
}
