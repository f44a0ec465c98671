import type { Socket } from "node:net";

import { Accepted } from "../front/accepted.ts";
import { type ConnectionEnds, resetConnection } from "../front/endpoint.ts";
import type { Resettable } from "../front/stall-watch.ts";
import { type TurnEndWaiter, atTurnEnd } from "../front/turn-end.ts";
import { RefusedRequest } from "../http/refused-request.ts";
import { ConnectionInput, type InputTaker } from "./connection-input.ts";
import { ConnectionOutput } from "./connection-output.ts";
import { BODY_COMES, ConnectionPhase, FIRST_BYTE, HEAD_COMES, IDLE, LINGERING } from "./connection-phase.ts";
import type { ConnectionOwner } from "./connection-rules.ts";
import { type Malformed, TOO_SLOW } from "./malformed.ts";
import { refusalText } from "./refusal-text.ts";
import type { RequestParser } from "./request-parser.ts";
import { Http1Request, type RequestConnection } from "./request.ts";
import { Http1Response, type ResponseConnection } from "./response.ts";

/**
 * One connection of a client. Its requests come one after the other: the next one is looked at when the response before it has been
 * given to the kernel, so that answers are in order and nothing piles up.
 */
export class Http1Connection
  extends Accepted
  implements InputTaker, RequestConnection, ResponseConnection, Resettable, TurnEndWaiter
{
  readonly output: ConnectionOutput;
  /** Its place in the list of its owner. */
  slot = 0;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #input: ConnectionInput;
  readonly #phase: ConnectionPhase;
  /** The one that comes or is answered. */
  #request: Http1Request | undefined;
  /** The one that is not over. */
  #response: Http1Response | undefined;
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
    this.#owner = owner;
    this.output = new ConnectionOutput(socket, this);
    this.#phase = new ConnectionPhase(owner.rules, () => this.#onDue());
    this.#input = new ConnectionInput(socket, owner.rules.limits, this);
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
    if (this.#phase.at === FIRST_BYTE) this.destroy();
    else if (this.#phase.at === IDLE) this.#endWriting();
  }

  /** Cuts it. */
  destroy(): void {
    this.#cut = true;
    this.#input.ignore();
    this.#socket.destroy();
  }

  /** Cuts it visibly. */
  reset(): void {
    this.#cut = true;
    this.#input.ignore();
    resetConnection(this.#socket, this.remote, this.scheme);
  }

  onFlow(): void {
    if (this.paused) this.#input.pause();
    else this.#input.goOn();
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
    this.#input.goOn();
  }

  onFinished(response: Http1Response, last: boolean): void {
    if (last) this.#input.ignore();
    if (this.output.writableLength === 0) {
      this.#over(response);
      return;
    }
    this.output.look(response.stallTimeout);
    this.output.whenTaken(() => this.#over(response));
    if (last) this.#endWriting();
  }

  get takes(): boolean {
    const request = this.#request;
    return request === undefined || (request.takes && !request.complete);
  }

  get paused(): boolean {
    return this.#request?.paused === true;
  }

  onHeadBegun(): void {
    this.#phase.headComes();
  }

  onHead(head: RequestParser): void {
    const request = new Http1Request(head, this);
    const response = new Http1Response(request, this, this.#owner.now);
    this.#phase.headCame(request.complete);
    this.#request = request;
    this.#response = response;
    this.#owner.onRequest(request, response);
  }

  onBody(chunk: Uint8Array): void {
    this.#request?.give(chunk);
  }

  onWhole(): void {
    const request = this.#request as Http1Request;
    this.#phase.requestCame();
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
    this.#phase.linger();
    this.#input.read();
  }

  #over(response: Http1Response): void {
    if (this.#response !== response) return;
    this.#response = undefined;
    this.output.rest();
    this.#owner.onResponseOver(response, true);
    if (this.#input.deaf || this.#owner.draining) this.#endWriting();
    else if (response.request.complete) this.#next();
  }

  /** The connection is free for the next request. */
  #next(): void {
    this.#request = undefined;
    this.#phase.rest();
    // Also when nothing waits: the last sink may have wanted a pause.
    this.#input.goOn();
  }

  /**
   * Says no more. Whoever may still be sending gets time to read what was said: closing with unread bytes would reset the connection
   * under it.
   */
  #endWriting(): void {
    const sends = !this.#input.empty || this.#request?.complete === false;
    this.#input.discard();
    if (!sends) {
      this.#socket.destroySoon();
      return;
    }
    this.#linger();
    this.#socket.end();
  }

  /** Answers what cannot be understood, if it can be answered, and ends. */
  onMalformed(malformed: Malformed): void {
    const response = this.#response;
    if (response === undefined ? this.#request !== undefined : response.ended) {
      // It has its answer.
      this.#input.ignore();
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
    if (response === undefined) this.#owner.onRefused(this, refused, this.#input.requestLine, this.#phase.duration);
    this.output.write(answer);
    this.#input.discard();
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
    switch (this.#phase.at) {
      case HEAD_COMES:
      case BODY_COMES:
        this.onMalformed(TOO_SLOW);
        break;
      case LINGERING:
        // What the client has not taken yet is a matter of its own.
        this.#input.ignore();
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
    this.#input.ignore();
    if (this.#early) this.#endEarly();
    this.#gone(new Error("The client closed the connection within its request."));
    this.#socket.destroySoon();
  }

  #onClose(): void {
    const response = this.#response;
    this.#input.ignore();
    this.#early = false;
    this.#phase.end();
    this.#gone(new Error("The client closed the connection within its request."));
    this.#response = undefined;
    this.output.close();
    if (response !== undefined) this.#owner.onResponseOver(response, false);
    this.#owner.onClosed(this);
  }
}
