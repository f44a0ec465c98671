import { TimerWheel } from "@x/protocol/timers";
import type { Timer } from "@x/protocol/timers";

const RESOLUTION = 100;

/**
 * The timers of one server: a wheel, and the one interval that turns it while anything waits. It
 * never keeps the process alive.
 */
export class Clock {
  readonly #wheel: TimerWheel = new TimerWheel({ now: () => performance.now(), resolution: RESOLUTION });
  #interval: NodeJS.Timeout | undefined;

  /** Calls `callback` once, `delay` ms from now. */
  schedule(delay: number, callback: () => void): Timer {
    this.#interval ??= setInterval(() => this.#tick(), RESOLUTION).unref();
    return this.#wheel.schedule(delay, callback);
  }

  /** Counts the delay of a timer anew, or a new delay. A timer that has fired is armed again. */
  refresh(timer: Timer, delay?: number): void {
    this.#interval ??= setInterval(() => this.#tick(), RESOLUTION).unref();
    this.#wheel.refresh(timer, delay);
  }

  cancel(timer: Timer): void {
    this.#wheel.cancel(timer);
  }

  #tick(): void {
    this.#wheel.advance();
    if (this.#wheel.size > 0) return;
    clearInterval(this.#interval);
    this.#interval = undefined;
  }
}
