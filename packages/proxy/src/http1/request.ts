import type { Accepted } from "../front/accepted.ts";
import { FrontRequest } from "../front/front-request.ts";
import type { GatewayBodySink } from "../gateway-request.ts";
import type { RequestParser } from "./request-parser.ts";

/** What a request needs of its connection. */
export interface RequestConnection extends Accepted {
  /** The request takes bytes again, or none at the moment. */
  onFlow(): void;
}

/** Nobody has asked for the body yet. */
const UNASKED = 0;
const FLOWING = 1;
const PAUSED = 2;
/** Nobody wants it: it is read so that the next request can be found. */
const DISCARDED = 3;

/** One request of a connection. It outlives its turn on the connection, and can then do nothing to it any more. */
export class Http1Request extends FrontRequest {
  readonly method: string;
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  /** Latin-1. */
  readonly target: string;
  /** Does the client want to send another one? */
  readonly persistent: boolean;
  complete: boolean;
  readonly #connection: RequestConnection;
  #sink: GatewayBodySink | undefined;
  #flow: typeof UNASKED | typeof FLOWING | typeof PAUSED | typeof DISCARDED = UNASKED;

  /** @param parser after a head */
  constructor(parser: RequestParser, connection: RequestConnection) {
    super(connection);
    this.method = parser.method;
    this.rawHeaders = parser.rawHeaders;
    this.httpVersion = parser.httpVersion;
    this.target = parser.target;
    this.persistent = parser.persistent;
    this.complete = parser.complete;
    this.#connection = connection;
  }

  /** May bytes of the body be given to it? */
  get takes(): boolean {
    return this.#flow === FLOWING || this.#flow === DISCARDED;
  }

  /** Was it told to wait, by whoever takes the body? */
  get paused(): boolean {
    return this.#flow === PAUSED;
  }

  start(sink: GatewayBodySink): void {
    if (this.#flow !== UNASKED) return;
    this.#sink = sink;
    this.#flow = FLOWING;
    if (this.complete) process.nextTick(end, this);
    else this.#connection.onFlow();
  }

  pause(): void {
    if (this.#flow !== FLOWING) return;
    this.#flow = PAUSED;
    if (!this.complete) this.#connection.onFlow();
  }

  resume(): void {
    if (this.#flow !== PAUSED) return;
    this.#flow = FLOWING;
    if (this.complete) process.nextTick(end, this);
    // Also when it is complete: whether the client goes away is seen by reading alone.
    this.#connection.onFlow();
  }

  /** For the connection: bytes of the body, which belong to whoever takes them. */
  give(chunk: Uint8Array): void {
    if (this.#sink?.write(chunk) === false && this.#sink !== undefined) this.pause();
  }

  /** For the connection: all of the body has come. Whoever paused hears of it when it goes on. */
  finish(): void {
    this.complete = true;
    if (this.#flow === FLOWING) this.end();
  }

  end(): void {
    if (this.#flow === PAUSED) return;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }

  /** For the connection: the rest of the body will not come. */
  fail(error: Error): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (!this.complete) sink?.error(error);
  }

  /** The answer is out: what still comes of the body goes nowhere. */
  discard(): void {
    this.#sink = undefined;
    this.#flow = DISCARDED;
  }
}

function end(request: Http1Request): void {
  request.end();
}
