import type { Socket } from "node:net";

import { free } from "../spool/discard.ts";
import type { HeadLimits } from "./head-scanner.ts";
import type { Malformed } from "./malformed.ts";
import { ownBuffer } from "./own-buffer.ts";
import { ReadAhead } from "./read-ahead.ts";
import { DATA, END, HEAD, MALFORMED, RequestParser } from "./request-parser.ts";

/** Bytes from which on a buffer is worth freeing at once: less is left to the garbage collector. */
const LARGE = 16_384;

/** Who hears what comes. */
export interface InputTaker {
  /** Is it ready for what comes next? Until it is, bytes wait, and it says when by {@link ConnectionInput.goOn}. */
  readonly takes: boolean;
  /** Is nothing to be read? */
  readonly paused: boolean;
  /** A part of a head has come. */
  onHeadBegun(): void;
  /** @param head the parts of a head, until this returns */
  onHead(head: RequestParser): void;
  /** Bytes of the body; they belong to whoever gets them. */
  onBody(chunk: Uint8Array): void;
  /** All of the request has come. */
  onWhole(): void;
  /** Nothing that follows can be understood. */
  onMalformed(malformed: Malformed): void;
}

/** What a client sends on one connection: requests out of bytes, looked at when their turn has come. */
export class ConnectionInput {
  readonly #taker: InputTaker;
  readonly #parser: RequestParser;
  readonly #ahead: ReadAhead;
  #deaf = false;
  #parsing = false;
  /** Somebody else has got the buffer that is looked at. */
  #handedOver = false;
  /** It will look at what waits in a moment. */
  #resuming = false;

  constructor(socket: Socket, limits: HeadLimits, taker: InputTaker) {
    this.#taker = taker;
    this.#parser = new RequestParser(limits);
    this.#ahead = new ReadAhead(socket);
    socket.on("data", (bytes: Buffer) => this.#onBytes(ownBuffer(bytes)));
  }

  /** Is nothing that comes looked at any more? */
  get deaf(): boolean {
    return this.#deaf;
  }

  /** Do no bytes wait? */
  get empty(): boolean {
    return this.#ahead.empty;
  }

  /** Of a head that is not whole, or is refused: the request line as far as it came; latin-1. */
  get requestLine(): string {
    return this.#parser.requestLine;
  }

  /** Looks at nothing that comes from now on. */
  ignore(): void {
    this.#deaf = true;
  }

  /** Looks at nothing from now on, nor at what waits, and reads it away: closing with unread bytes would reset the connection. */
  discard(): void {
    this.#deaf = true;
    this.#ahead.clear();
  }

  /** Reads nothing until {@link ConnectionInput.read} or {@link ConnectionInput.goOn}. */
  pause(): void {
    this.#ahead.pause();
  }

  /** Reads, without looking at what waits. */
  read(): void {
    this.#ahead.resume();
  }

  /** Looks at what waits, in a moment: whoever makes it look need not be ready for what comes. */
  goOn(): void {
    if (this.#ahead.empty) this.#ahead.resume();
    else if (!this.#parsing && !this.#resuming) {
      this.#resuming = true;
      process.nextTick(resume, this);
    }
  }

  /** For {@link ConnectionInput.goOn}. */
  resume(): void {
    this.#resuming = false;
    while (!this.#ahead.empty && this.#looks) this.#parse(this.#ahead.take());
    if (!this.#taker.paused) this.#ahead.resume();
  }

  get #looks(): boolean {
    return !this.#deaf && this.#taker.takes;
  }

  #onBytes(bytes: Buffer): void {
    if (this.#deaf) return;
    if (this.#ahead.empty && this.#taker.takes) this.#parse(bytes);
    else this.#ahead.push(bytes);
  }

  #parse(bytes: Buffer): void {
    const parser = this.#parser;
    const taker = this.#taker;
    const end = bytes.length;
    this.#parsing = true;
    this.#handedOver = false;
    let at = 0;
    for (; at < end && this.#looks; { at } = parser) {
      switch (parser.next(bytes, at, end)) {
        case HEAD:
          taker.onHead(parser);
          break;
        case DATA:
          this.#give(bytes, parser.dataStart, parser.dataEnd);
          break;
        case END:
          taker.onWhole();
          break;
        case MALFORMED:
          taker.onMalformed(parser.malformed as Malformed);
          break;
        default:
      }
    }
    this.#parsing = false;
    if (at < end) {
      if (!this.#deaf) this.#ahead.putBack(bytes.subarray(at));
    } else {
      if (parser.inHead) taker.onHeadBegun();
      // What was put back in between was always the rest of a buffer.
      if (!this.#handedOver && bytes.buffer.byteLength >= LARGE) free(bytes.buffer);
    }
  }

  #give(bytes: Buffer, start: number, end: number): void {
    this.#handedOver = end - start === bytes.buffer.byteLength;
    // A part that somebody keeps would keep all of the buffer.
    this.#taker.onBody(this.#handedOver ? bytes : Buffer.from(bytes.subarray(start, end)));
    if (this.#parser.complete) this.#taker.onWhole();
  }
}

const resume = (input: ConnectionInput): void => input.resume();
