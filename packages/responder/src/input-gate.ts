import { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import type { ActiveRequest } from "./active-request.ts";
import type { Clock } from "./clock.ts";
import type { BodyOwner, RequestBody } from "./request-body.ts";

/** Unread body bytes at which a connection is not read any more. */
const BODY_HIGH_WATER = 65_536;

/** The same, once several requests share the connection: not reading makes all of them wait. */
const SHARED_BODY_HIGH_WATER = 1_048_576;

/** How long a web server may take, in ms; 0: as long as it likes. */
export interface InputTimeouts {
  /** From BEGIN_REQUEST to the end of PARAMS. */
  paramsTimeout: number;
  /** Between two pieces of STDIN. */
  stdinTimeout: number;
}

/** What can be kept from reading: a socket. */
interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

/** Decides when a connection is read, and for how long it is waited for. */
export class InputGate implements BodyOwner {
  /** Have several requests been on this connection at once? FastCGI has no flow control of its own for one of them. */
  shared = false;
  readonly #socket: Pausable;
  readonly #clock: Clock;
  readonly #timeouts: InputTimeouts;
  readonly #onParamsTimeout: (error: FastCGIError) => void;
  /** How many bodies have so much unread that nothing is read. */
  #holders = 0;
  #awaitingParams = false;
  #paramsTimer: Timer | undefined;

  constructor(socket: Pausable, clock: Clock, timeouts: InputTimeouts, onParamsTimeout: (error: FastCGIError) => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#onParamsTimeout = onParamsTimeout;
  }

  /** Stops reading while a body has too much unread, and starts again. */
  onBodyFlow(body: RequestBody): void {
    if (body.timer !== undefined && !body.ended) this.#clock.refresh(body.timer);
    const holding = body.queued >= (this.shared ? SHARED_BODY_HIGH_WATER : BODY_HIGH_WATER);
    if (holding === body.holding) return;
    body.holding = holding;
    this.#holders += holding ? 1 : -1;
    if (holding && this.#holders === 1) this.#socket.pause();
    if (!holding && this.#holders === 0) {
      this.#socket.resume();
      this.awaitParams(this.#awaitingParams, true);
    }
  }

  /**
   * Are PARAMS incomplete? All of a request's have to come within one span, however busy other
   * requests keep the connection.
   *
   * @param progress the PARAMS of a request were completed just now
   */
  awaitParams(incomplete: boolean, progress: boolean): void {
    this.#awaitingParams = incomplete;
    const { paramsTimeout } = this.#timeouts;
    if (!incomplete || paramsTimeout === 0) {
      if (this.#paramsTimer !== undefined) this.#clock.cancel(this.#paramsTimer);
      return;
    }
    this.#paramsTimer ??= this.#clock.schedule(paramsTimeout, () => this.#onParamsLate());
    if (progress || !this.#paramsTimer.active) this.#clock.refresh(this.#paramsTimer);
  }

  /** The request runs, and its body is not complete. */
  awaitBody(active: ActiveRequest, body: RequestBody): void {
    const { stdinTimeout } = this.#timeouts;
    if (stdinTimeout === 0) return;
    body.timer = this.#clock.schedule(stdinTimeout, () => this.#onBodyLate(active, body));
  }

  /** Nobody waits for the bodies of this request any more. */
  forget(active: ActiveRequest): void {
    this.#forgetBody(active.body);
    if (active.data !== undefined) this.#forgetBody(active.data);
  }

  #forgetBody(body: RequestBody): void {
    if (body.timer === undefined) return;
    this.#clock.cancel(body.timer);
    body.timer = undefined;
  }

  #onParamsLate(): void {
    if (this.#holders > 0) return; // we do not read; the span starts anew when we do
    const message = `The params of a request did not come within ${this.#timeouts.paramsTimeout} ms.`;
    this.#onParamsTimeout(new FastCGIError("FCGI_ERR_TIMEOUT", message, { phase: "request" }));
  }

  #onBodyLate(active: ActiveRequest, body: RequestBody): void {
    if (body.ended || body.timer === undefined) return;
    const late = `${this.#timeouts.stdinTimeout} ms`;
    if (this.#holders === 0) {
      active.abort(tooSlow(`The request body stopped coming for ${late}.`, active));
    } else if (this.shared && body.holding) {
      active.abort(tooSlow(`The handler read nothing for ${late} while others waited for the connection.`, active));
    } else {
      this.#clock.refresh(body.timer); // a slow handler keeps us from reading: not the peer's fault
    }
  }
}

function tooSlow(message: string, active: ActiveRequest): FastCGIError {
  return new FastCGIError("FCGI_ERR_BODY_TIMEOUT", message, { phase: "request", requestId: active.exchange.id });
}
