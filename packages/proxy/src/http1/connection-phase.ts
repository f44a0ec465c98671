import { Deadline } from "../front/deadline.ts";
import { timers } from "../timers.ts";
import type { ConnectionRules } from "./connection-rules.ts";

/** Until the first byte of the connection. */
export const FIRST_BYTE = 0;
/** A head has begun. */
export const HEAD_COMES = 1;
/** A body comes, which has a deadline. */
export const BODY_COMES = 2;
/** The request is answered: no deadline but that of the response. */
export const ANSWERING = 3;
/** Between two requests. */
export const IDLE = 4;
/** The answer is out, and the client still sends. */
export const LINGERING = 5;

/** Milliseconds that a client gets to read an answer while it still sends. */
const LINGER = 1_000;

/** Milliseconds that an idle connection is kept longer than was promised: a request may be on its way. */
const GRACE = 1_000;

/** What a connection waits for, and how long it does. */
export class ConnectionPhase {
  /** What it waits for. */
  at: typeof FIRST_BYTE | typeof HEAD_COMES | typeof BODY_COMES | typeof ANSWERING | typeof IDLE | typeof LINGERING =
    FIRST_BYTE;
  readonly #rules: ConnectionRules;
  readonly #deadline: Deadline;
  /** When the request began, by the deadline's clock; the first one begins with the connection. */
  #began: number;

  /** @param onDue called when it took too long */
  constructor(rules: ConnectionRules, onDue: () => void) {
    this.#rules = rules;
    this.#deadline = new Deadline(timers, onDue);
    this.#deadline.set(rules.requestHead);
    this.#began = this.#deadline.now;
  }

  /** Milliseconds since the request began. */
  get duration(): number {
    return this.#deadline.now - this.#began;
  }

  /** A head has begun, and is not whole. */
  headComes(): void {
    if (this.at === IDLE) {
      this.#deadline.set(this.#rules.requestHead);
      this.#began = this.#deadline.now;
    }
    this.at = HEAD_COMES;
  }

  /** A head is whole. @param complete so is the request */
  headCame(complete: boolean): void {
    const { request: limit } = this.#rules;
    if (this.at === IDLE) this.#began = this.#deadline.now;
    if (limit > 0 && !complete) {
      this.at = BODY_COMES;
      this.#deadline.set(limit, this.#began);
    } else {
      this.at = ANSWERING;
      this.#deadline.clear();
    }
  }

  /** All of the request has come. */
  requestCame(): void {
    if (this.at !== BODY_COMES && this.at !== LINGERING) return;
    this.at = ANSWERING;
    this.#deadline.clear();
  }

  /** The answer is out, and the request is not whole. */
  linger(): void {
    this.at = LINGERING;
    this.#deadline.set(LINGER);
  }

  /** The connection is free for the next request. */
  rest(): void {
    const { keepAlive } = this.#rules;
    this.at = IDLE;
    this.#deadline.set(keepAlive === 0 ? 0 : keepAlive + GRACE);
  }

  /** The connection has ended. */
  end(): void {
    this.#deadline.stop();
  }
}
