import type { Socket } from "node:net";

import { Accepted } from "../http/accepted.ts";
import { type ConnectionEnds, resetConnection } from "../http/endpoint.ts";
import { RefusedRequest } from "../http/refused-request.ts";
import type { Resettable } from "../http/stall-watch.ts";
import { free } from "../spool/discard.ts";
import { timers } from "../timers.ts";
import { ConnectionOutput } from "./connection-output.ts";
import { ANSWERING, BODY_COMES, FIRST_BYTE, HEAD_COMES, IDLE, LINGERING } from "./connection-phase.ts";
import type { ConnectionPhase } from "./connection-phase.ts";
import type { ConnectionOwner } from "./connection-rules.ts";
import { Deadline } from "./deadline.ts";
import { type Malformed, TOO_SLOW } from "./malformed.ts";
import { ownBuffer } from "./own-buffer.ts";
import { ReadAhead } from "./read-ahead.ts";
import { refusalText } from "./refusal-text.ts";
import { DATA, END, HEAD, MALFORMED, RequestParser } from "./request-parser.ts";
import { Http1Request, type RequestConnection } from "./request.ts";
import { Http1Response, type ResponseConnection } from "./response.ts";
import { type TurnEndWaiter, atTurnEnd } from "./turn-end.ts";

/** Milliseconds that a client gets to read an answer while it still sends. */
const LINGER = 1_000;

/** Milliseconds that an idle connection is kept longer than was promised: a request may be on its way. */
const GRACE = 1_000;

/** Bytes from which on a buffer is worth freeing at once: less is left to the garbage collector. */
const LARGE = 16_384;

/**
 * One connection of a client. Its requests come one after the other: the next one is looked at when the response before it has been
 * given to the kernel, so that answers are in order and nothing piles up.
 */
export class Http1Connection
  extends Accepted
  implements RequestConnection, ResponseConnection, Resettable, TurnEndWaiter
{
  readonly output: ConnectionOutput;
  /** Its place in the list of its owner. */
  slot = 0;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #parser: RequestParser;
  readonly #ahead: ReadAhead;
  readonly #deadline: Deadline;
  #phase: ConnectionPhase = FIRST_BYTE;
  /** When the request began, by the deadline's clock. */
  #began: number;
  /** The one that comes or is answered. */
  #request: Http1Request | undefined;
  /** The one that is not over. */
  #response: Http1Response | undefined;
  #parsing = false;
  /** Somebody else has got the buffer that is looked at. */
  #handedOver = false;
  /** It will look at what waits in a moment. */
  #resuming = false;
  /** Nothing that comes is looked at any more. */
  #deaf = false;
  /** The response has ended before its request. */
  #early = false;
  /** It will be told of the end of this turn. */
  #dirty = false;
  /** It was ended by us. */
  #cut = false;

  /** @param ends who they are, when the socket itself does not know */
  constructor(socket: Socket, owner: ConnectionOwner, ends?: ConnectionEnds) {
    super(socket, ends);
    this.#socket = socket;
    this.output = new ConnectionOutput(socket, this);
    this.#owner = owner;
    this.#parser = new RequestParser(owner.rules.limits);
    this.#ahead = new ReadAhead(socket);
    this.#deadline = new Deadline(timers, () => this.#onDue());
    this.#deadline.set(owner.rules.requestHead);
    this.#began = this.#deadline.now;
    socket.on("data", (bytes: Buffer) => this.#onBytes(ownBuffer(bytes)));
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#response?.onDrain?.());
    // "close" follows.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#onClose());
  }

  get goesOn(): boolean {
    return !this.#owner.draining;
  }

  get keepAliveLines(): string {
    return this.#owner.keepAliveLines;
  }

  /** The server goes down: ends the connection if nothing is under way on it. */
  drain(): void {
    if (this.#phase === FIRST_BYTE) this.destroy();
    else if (this.#phase === IDLE) this.#endWriting();
  }

  /** Cuts it. */
  destroy(): void {
    this.#cut = this.#deaf = true;
    this.#socket.destroy();
  }

  /** Cuts it visibly. */
  reset(): void {
    this.#cut = this.#deaf = true;
    resetConnection(this.#socket, this.remote, this.scheme);
  }

  onFlow(): void {
    if (this.#request?.paused === true) this.#ahead.pause();
    else this.#goOn();
  }

  flushSoon(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    atTurnEnd(this);
  }

  onTurnEnd(): void {
    this.#dirty = false;
    if (this.#early) this.#endEarly();
    else this.#response?.flush();
  }

  onEnded(response: Http1Response): void {
    if (response.request.complete) {
      response.finish(false);
      return;
    }
    // Most bodies are small and come with the head, or right behind it: then nothing is early.
    this.#early = true;
    this.flushSoon();
    response.request.discard();
    this.#goOn();
  }

  onFinished(response: Http1Response, last: boolean): void {
    if (last) this.#deaf = true;
    if (this.output.writableLength === 0) {
      this.#over(response);
      return;
    }
    this.output.look(response.stallTimeout);
    this.output.whenTaken(() => this.#over(response));
    if (last) this.#endWriting();
  }

  #onBytes(bytes: Buffer): void {
    if (this.#deaf) return;
    if (this.#ahead.empty && this.#looks) this.#parse(bytes);
    else this.#ahead.push(bytes);
  }

  /** Are bytes looked at, or do they wait until a response is over or a body is wanted? */
  get #looks(): boolean {
    if (this.#deaf) return false;
    const request = this.#request;
    return request === undefined || (request.takes && !request.complete);
  }

  #parse(bytes: Buffer): void {
    const parser = this.#parser;
    const end = bytes.length;
    this.#parsing = true;
    this.#handedOver = false;
    let at = 0;
    for (; at < end && this.#looks; { at } = parser) {
      switch (parser.next(bytes, at, end)) {
        case HEAD:
          this.#begin(parser);
          break;
        case DATA:
          this.#give(bytes, parser.dataStart, parser.dataEnd);
          break;
        case END:
          this.#whole();
          break;
        case MALFORMED:
          this.#refuse(parser.malformed as Malformed);
          break;
        default:
      }
    }
    this.#parsing = false;
    if (at < end) {
      if (!this.#deaf) this.#ahead.putBack(bytes.subarray(at));
    } else {
      if (parser.inHead) this.#beginHead();
      // What was put back in between was always the rest of a buffer.
      if (!this.#handedOver && bytes.buffer.byteLength >= LARGE) free(bytes.buffer);
    }
  }

  #beginHead(): void {
    if (this.#phase === IDLE) {
      this.#deadline.set(this.#owner.rules.requestHead);
      this.#began = this.#deadline.now;
    }
    // Of the first head the time counts from the connection on.
    this.#phase = HEAD_COMES;
  }

  #begin(parser: RequestParser): void {
    const { request: limit } = this.#owner.rules;
    const request = new Http1Request(parser, this);
    const response = new Http1Response(request, this, this.#owner.now);
    if (this.#phase === IDLE) this.#began = this.#deadline.now;
    if (limit > 0 && !request.complete) {
      this.#phase = BODY_COMES;
      this.#deadline.set(limit, this.#began);
    } else {
      this.#phase = ANSWERING;
      this.#deadline.clear();
    }
    this.#request = request;
    this.#response = response;
    this.#owner.onRequest(request, response);
  }

  #give(bytes: Buffer, start: number, end: number): void {
    this.#handedOver = end - start === bytes.buffer.byteLength;
    // A part that somebody keeps would keep all of the buffer.
    this.#request?.give(this.#handedOver ? bytes : Buffer.from(bytes.subarray(start, end)));
    if (this.#parser.complete) this.#whole();
  }

  /** All of the request has come. */
  #whole(): void {
    const request = this.#request as Http1Request;
    if (this.#phase === BODY_COMES || this.#phase === LINGERING) {
      this.#phase = ANSWERING;
      this.#deadline.clear();
    }
    request.finish();
    if (this.#early) {
      this.#early = false;
      this.#response?.finish(false);
    } else if (this.#response === undefined) this.#next();
  }

  /** The response ended before its request, and the rest of that has not come in this turn. */
  #endEarly(): void {
    const response = this.#response as Http1Response;
    this.#early = false;
    // A head that is still here can say that this is the end. If it is out, the connection may go on when the rest comes soon.
    const last = response.headWaits;
    if (!last) this.#linger();
    response.finish(last);
  }

  #linger(): void {
    this.#phase = LINGERING;
    this.#deadline.set(LINGER);
    this.#ahead.resume();
  }

  #over(response: Http1Response): void {
    if (this.#response !== response) return;
    this.#response = undefined;
    this.output.rest();
    this.#owner.onResponseOver(response, true);
    if (this.#deaf || this.#owner.draining) this.#endWriting();
    else if (response.request.complete) this.#next();
  }

  /** The connection is free for the next request. */
  #next(): void {
    const { keepAlive } = this.#owner.rules;
    this.#request = undefined;
    this.#phase = IDLE;
    this.#deadline.set(keepAlive === 0 ? 0 : keepAlive + GRACE);
    // Also when nothing waits: the last sink may have wanted a pause.
    this.#goOn();
  }

  /**
   * Says no more. Whoever may still be sending gets time to read what was said: closing with unread bytes would reset the connection
   * under it.
   */
  #endWriting(): void {
    const sends = !this.#ahead.empty || this.#request?.complete === false;
    this.#deaf = true;
    this.#ahead.clear();
    if (!sends) {
      this.#socket.destroySoon();
      return;
    }
    this.#linger();
    this.#socket.end();
  }

  /** Looks at what waits, in a moment: whoever makes it look need not be ready for what comes. */
  #goOn(): void {
    if (this.#ahead.empty) this.#ahead.resume();
    else if (!this.#parsing && !this.#resuming) {
      this.#resuming = true;
      process.nextTick(resume, this);
    }
  }

  resume(): void {
    this.#resuming = false;
    while (!this.#ahead.empty && this.#looks) this.#parse(this.#ahead.take());
    if (this.#request?.paused !== true) this.#ahead.resume();
  }

  /** Answers what cannot be understood, if it can be answered, and ends. */
  #refuse(malformed: Malformed): void {
    const response = this.#response;
    if (response === undefined ? this.#request !== undefined : response.ended) {
      // It has its answer.
      this.#deaf = true;
      if (this.#early) this.#endEarly();
      else this.#endWriting();
      return;
    }
    const cut = response?.headWaits === false;
    const answer = cut ? undefined : refusalText(malformed.status, this.#owner.explain(malformed, this));
    const refused = new RefusedRequest(malformed.status, answer);
    this.#gone(refused);
    if (answer === undefined) {
      this.reset();
      return;
    }
    if (response === undefined)
      this.#owner.onRefused(this, refused, this.#parser.requestLine, this.#deadline.now - this.#began);
    this.output.write(answer);
    this.#deaf = true;
    this.#ahead.clear();
    this.#linger();
    this.#socket.end();
    if (response === undefined) return;
    response.statusCode = malformed.status;
    this.#response = undefined;
    this.#owner.onResponseOver(response, this.output.writableLength === 0);
  }

  /** Nobody waits for the response any more. */
  #gone(reason: Error): void {
    const response = this.#response;
    if (response !== undefined && !response.ended) {
      response.drop();
      response.cut = this.#cut;
      response.request.onAbort?.(reason instanceof RefusedRequest ? reason : this.output.stallReason);
    }
    this.#request?.fail(reason);
  }

  #onDue(): void {
    switch (this.#phase) {
      case HEAD_COMES:
      case BODY_COMES:
        this.#refuse(TOO_SLOW);
        break;
      case LINGERING:
        // What the client has not taken yet is a matter of its own.
        this.#deaf = true;
        if (this.#response === undefined) this.#socket.destroy();
        else this.#socket.destroySoon();
        break;
      case FIRST_BYTE:
        this.#socket.destroy();
        break;
      default:
        this.#endWriting();
    }
  }

  /** The client sends nothing more. One that still waits for its response is taken to have gone. */
  #onEnd(): void {
    this.#deaf = true;
    if (this.#early) this.#endEarly();
    this.#gone(new Error("The client closed the connection within its request."));
    this.#socket.destroySoon();
  }

  #onClose(): void {
    const response = this.#response;
    this.#deaf = true;
    this.#early = false;
    this.#deadline.stop();
    this.#gone(new Error("The client closed the connection within its request."));
    this.#response = undefined;
    this.output.close();
    if (response !== undefined) this.#owner.onResponseOver(response, false);
    this.#owner.onClosed(this);
  }
}

const resume = (connection: Http1Connection): void => connection.resume();
