import { TimerWheel } from "./timer-wheel.ts";
import type { Timer } from "./timer-wheel.ts";

/** What {@link HostedTimers} need of the program that they run in. */
export interface TimersHost {
  /** The clock, in ms. It should never go back: `performance.now`, not `Date.now`. */
  now(): number;
  /**
   * Calls `tick` about every `interval` ms, without keeping the process alive for it.
   *
   * @returns ends it
   */
  every(interval: number, tick: () => void): () => void;
  /** Calls `callback` once, when the I/O that is pending had its turn: `setImmediate`. */
  afterIO(callback: () => void): void;
}

/** A tick that is so late (ms) means that the program was held up, not that its peers were silent. */
const LATE = 1_000;

/**
 * A {@link TimerWheel} that is turned by one interval of its host, which runs only while timers exist.
 *
 * When the program was held up for more than a second, what its peers sent meanwhile still waits in the kernel: pending I/O
 * has its turn before anything expires.
 *
 * @example
 * const timers = new HostedTimers({
 *   now: () => performance.now(),
 *   every(interval, tick) {
 *     const timer = setInterval(tick, interval).unref();
 *     return () => clearInterval(timer);
 *   },
 *   afterIO: (callback) => void setImmediate(callback),
 * });
 * timers.schedule(60_000, () => socket.destroy());
 */
export class HostedTimers {
  readonly #host: TimersHost;
  readonly #resolution: number;
  readonly #wheel: TimerWheel;
  #stop: (() => void) | undefined;
  #now: number;

  /**
   * @param resolution ms between two looks at the wheel: no timer is more precise. Unless given: 100
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a resolution that is not positive
   */
  constructor(host: TimersHost, resolution = 100) {
    this.#host = host;
    this.#resolution = resolution;
    this.#wheel = new TimerWheel({ now: () => host.now(), resolution });
    this.#now = host.now();
  }

  /** The time in ms, at most one resolution old: cheap to read for every chunk while a timer exists. */
  get now(): number {
    return this.#stop === undefined ? this.#host.now() : this.#now;
  }

  /** The exact time in ms. */
  clock(): number {
    return this.#host.now();
  }

  /** Timers that exist. */
  get size(): number {
    return this.#wheel.size;
  }

  /** Calls `callback` once after `delay` ms. */
  schedule(delay: number, callback: () => void): Timer {
    this.#start();
    return this.#wheel.schedule(delay, callback);
  }

  /** Counts the delay anew, or another one; a timer that has fired is armed again. */
  refresh(timer: Timer, delay?: number): void {
    this.#start();
    this.#wheel.refresh(timer, delay);
  }

  /** The timer will not fire, unless it is refreshed. */
  cancel(timer: Timer): void {
    this.#wheel.cancel(timer);
  }

  /** Looks at the wheel. The host's interval does this; a test may. */
  tick(): void {
    const now = this.#host.now();
    const late = now - this.#now > this.#resolution + LATE;
    this.#now = now;
    if (late) this.#host.afterIO(() => this.#advance());
    else this.#advance();
  }

  #advance(): void {
    this.#wheel.advance();
    if (this.#wheel.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  #start(): void {
    if (this.#stop !== undefined) return;
    // Nothing has ticked while there was nothing to wait for.
    this.#now = this.#host.now();
    this.#stop = this.#host.every(this.#resolution, () => this.tick());
  }
}
