import type { Timer } from "@x/protocol/timers";

import { PRECISION } from "./timeouts.ts";
import type { Timeouts } from "./timeouts.ts";

/** Hears that nothing was heard. */
export interface SilenceListener {
  onSilence(): void;
}

/**
 * Fires when nothing was heard for a while. Hearing something costs one assignment, since the timer
 * is moved only when it would have fired: that is what makes a timeout per request affordable.
 */
export class SilenceTimer {
  readonly #timeouts: Timeouts;
  #listener: SilenceListener | undefined;
  #timer: Timer | undefined;
  #limit = 0;
  #heard = 0;
  #touched = false;

  /** @param listener told once; the timer then rests until it is told to watch again */
  constructor(timeouts: Timeouts, listener?: SilenceListener) {
    this.#timeouts = timeouts;
    this.#listener = listener;
  }

  /** Does it watch? */
  get watching(): boolean {
    return this.#timer?.active ?? false;
  }

  /** From now on at most `limit` ms of silence, 0 for any; `listener` is told, or who was told before. */
  watch(limit: number, listener?: SilenceListener): void {
    if (listener !== undefined) this.#listener = listener;
    const later = this.#limit <= limit && this.watching;
    this.#limit = limit;
    // It comes up early then, and is moved by what is left: that needs no look at the clock.
    if (later) return this.touch();
    this.#touched = false;
    if (limit === 0) this.stop();
    else if (this.#timer === undefined) this.#timer = this.#timeouts.schedule(limit, () => this.#onTimer());
    else this.#timeouts.refresh(this.#timer, limit);
  }

  /** Something was heard. */
  touch(): void {
    this.#heard = this.#timeouts.now;
    this.#touched = true;
  }

  /** Tells nobody any more, but goes on for the next who watches: moving it is cheaper than stopping and starting. */
  leave(): void {
    this.#listener = undefined;
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timeouts.cancel(this.#timer);
  }

  #onTimer(): void {
    // The stamp may be a tick older than the sound, which must not make the timer fire too early.
    const left = this.#touched ? this.#heard + PRECISION + this.#limit - this.#timeouts.now : 0;
    if (left > 0) this.#timeouts.refresh(this.#timer!, left);
    else this.#listener?.onSilence();
  }
}
