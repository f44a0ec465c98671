import type { Timer } from "@x/protocol/timers";

import type { ResolvedLimits, ResolvedTimeouts } from "../config/resolved-config.ts";
import { PRECISION, type Timers, timers as ofProcess } from "../timers.ts";
import { Refusal } from "./refusal.ts";

/** What is expected of a client that sends a body. */
export interface BodyPace {
  /** Milliseconds of silence; 0: any. */
  readonly idle: number;
  /** Bytes a second; 0: none. */
  readonly rate: number;
}

/** Milliseconds before the rate is looked at: what takes that long only is no attack. */
const FREE = 10_000;

/** The pace that a configuration asks for. */
export function bodyPace(
  limits: Pick<ResolvedLimits, "bodyRate">,
  timeouts: Pick<ResolvedTimeouts, "requestBody">,
): BodyPace {
  return { idle: timeouts.requestBody, rate: limits.bodyRate };
}

/**
 * Watches a request body come in: not too long a silence, and no slower than a rate on average. Hearing something costs an addition
 * and an assignment. While we ourselves hold the client back, no time passes for it.
 */
export class BodyWatch {
  readonly #pace: BodyPace;
  readonly #onSlow: (refusal: Refusal) => void;
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #bytes = 0;
  #began = 0;
  #heard = 0;
  #pausedAt: number | undefined;

  /** @param onSlow called once, with the answer */
  constructor(pace: BodyPace, onSlow: (refusal: Refusal) => void, timers: Timers = ofProcess) {
    this.#pace = pace;
    this.#onSlow = onSlow;
    this.#timers = timers;
  }

  /** The client was asked for the body. */
  start(): void {
    const { idle, rate } = this.#pace;
    const first = Math.min(idle === 0 ? Infinity : idle, rate === 0 ? Infinity : FREE);
    if (first === Infinity) return;
    this.#timer = this.#timers.schedule(first, () => this.#look());
    this.#began = this.#heard = this.#timers.now;
  }

  heard(bytes: number): void {
    this.#bytes += bytes;
    this.#heard = this.#timers.now;
  }

  pause(): void {
    this.#pausedAt ??= this.#timers.now;
  }

  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#began += this.#timers.now - this.#pausedAt;
    this.#heard = this.#timers.now;
    this.#pausedAt = undefined;
  }

  /** The body is over, one way or the other. */
  stop(): void {
    if (this.#timer !== undefined) this.#timers.cancel(this.#timer);
  }

  #look(): void {
    const now = this.#pausedAt ?? this.#timers.now;
    const { idle, rate } = this.#pace;
    // A stamp may be a tick older than what it tells of.
    const silence = idle === 0 ? Infinity : this.#heard + PRECISION + idle - now;
    const credit = rate === 0 ? Infinity : this.#began + PRECISION + FREE + (this.#bytes * 1_000) / rate - now;
    const left = Math.min(silence, credit);
    if (left > 0) this.#timers.refresh(this.#timer!, left);
    else this.#onSlow(silence <= credit ? tooSilent(idle) : tooSlow(rate));
  }
}

function tooSilent(idle: number): Refusal {
  return new Refusal(408, `Nothing of the request body came for ${idle / 1_000} s, the limit is timeouts.requestBody.`);
}

function tooSlow(rate: number): Refusal {
  return new Refusal(408, `The request body comes slower than limits.bodyRate asks for (${rate} bytes a second).`);
}
