/** Figures of a {@link RestartPolicy}; all times in milliseconds. */
export interface RestartPolicyOptions {
  /** The first delay of a series of early deaths. @default 1_000 */
  minDelay?: number;
  /** No delay is longer. @default 30_000 */
  maxDelay?: number;
  /** A process that served this long was healthy: its death starts a new series (mod_fastcgi `-min-server-life`). @default 10_000 */
  stableAfter?: number;
  /** Early deaths in a row that make a crash loop. @default 5 */
  crashLoopAfter?: number;
  /** For the jitter, in [0, 1). @default Math.random */
  random?: () => number;
}

/** What to do about a process that ended. */
export interface RestartDecision {
  /** Milliseconds to wait before the next start. */
  readonly delay: number;
  /** Early deaths in a row, this one included; 0 after a stable life. */
  readonly failures: number;
  /** True for exactly one death of a series: the moment to say that it is a crash loop. */
  readonly crashLoop: boolean;
}

/** Each delay differs from the doubled one by at most this part, so that processes that died together do not start together. */
const JITTER = 0.2;

/**
 * When to start an application process again.
 *
 * After a stable life at once: one crash should cost as little as it can. Early deaths in a row wait 1, 2, 4 … 30 s, so that
 * an application that cannot start takes no CPU time from those that can.
 */
export class RestartPolicy {
  readonly #minDelay: number;
  readonly #maxDelay: number;
  readonly #stableAfter: number;
  readonly #crashLoopAfter: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: RestartPolicyOptions = {}) {
    this.#minDelay = options.minDelay ?? 1_000;
    this.#maxDelay = options.maxDelay ?? 30_000;
    this.#stableAfter = options.stableAfter ?? 10_000;
    this.#crashLoopAfter = options.crashLoopAfter ?? 5;
    this.#random = options.random ?? Math.random;
  }

  /** Early deaths in a row so far. */
  get failures(): number {
    return this.#failures;
  }

  /** @param served milliseconds from the moment it listened to its end; 0 when it never listened */
  ended(served: number): RestartDecision {
    if (served >= this.#stableAfter) {
      this.#failures = 0;
      return { delay: 0, failures: 0, crashLoop: false };
    }
    this.#failures++;
    const doubled = Math.min(this.#maxDelay, this.#minDelay * 2 ** (this.#failures - 1));
    const spread = doubled * (1 - JITTER + 2 * JITTER * this.#random());
    const delay = Math.round(Math.min(this.#maxDelay, Math.max(this.#minDelay, spread)));
    return { delay, failures: this.#failures, crashLoop: this.#failures === this.#crashLoopAfter };
  }
}
