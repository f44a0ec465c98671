import type { Timer } from "@x/protocol/timers";

import { PRECISION, type Timers } from "../timers.ts";

/**
 * The one time limit that holds for a connection at a moment, on the timer wheel. To move it further away costs some assignments: the
 * timer looks when it fires.
 */
export class Deadline {
  readonly #timers: Timers;
  readonly #timer: Timer;
  /** By the clock of the last tick; Infinity: none. */
  #at = Infinity;
  /** When the timer fires. */
  #fires = Infinity;

  /** @param onDue called once for each deadline that passes */
  constructor(timers: Timers, onDue: () => void) {
    this.#timers = timers;
    this.#timer = timers.schedule(PRECISION, () => {
      if (this.#isDue()) onDue();
    });
    this.#fires = timers.now;
  }

  /** The time, at most a tick old while there is a deadline. */
  get now(): number {
    return this.#timers.now;
  }

  /**
   * Replaces the deadline.
   *
   * @param delay ms; 0: none
   * @param since by {@link Deadline.now}; now, unless it is given
   */
  set(delay: number, since?: number): void {
    if (delay === 0) {
      this.clear();
      return;
    }
    let from = since;
    if (!this.#timer.active) {
      // Without a timer there need not be a clock: a stamp of that time means nothing.
      this.#arm(delay);
      from = undefined;
    }
    // A stamp may be a tick older than what it tells of.
    this.#at = (from ?? this.#timers.now) + PRECISION + delay;
    if (this.#at < this.#fires) this.#arm(Math.max(0, this.#at - this.#timers.now));
  }

  clear(): void {
    this.#at = Infinity;
  }

  /** There will be no other. */
  stop(): void {
    this.#at = Infinity;
    this.#timers.cancel(this.#timer);
  }

  #arm(delay: number): void {
    this.#timers.refresh(this.#timer, delay);
    this.#fires = this.#timers.now + delay;
  }

  #isDue(): boolean {
    if (this.#at === Infinity) return false;
    const left = this.#at - this.#timers.now;
    if (left > 0) {
      this.#arm(left);
      return false;
    }
    this.#at = Infinity;
    return true;
  }
}
