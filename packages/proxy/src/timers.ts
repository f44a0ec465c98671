import { type Timer, TimerWheel } from "@x/protocol/timers";

/** How {@link Timers} are made; everything is for tests. */
export interface TimersOptions {
  /** A monotonic clock in ms. */
  clock?: () => number;
  /** Advance only by {@link Timers.tick}, without an interval. */
  manual?: boolean;
}

/** Milliseconds between two looks at the wheel: no timeout is more precise. */
export const PRECISION = 100;

/** A tick that is so late (ms) means that the event loop was blocked, not that clients were silent. */
const LATE = 1_000;

/**
 * The timeouts of clients on one timer wheel, driven by one interval that runs only while timers exist and never keeps the process
 * alive.
 *
 * When the event loop was blocked for more than a second, what the clients sent meanwhile still waits in the kernel: pending I/O gets
 * one turn before anything expires.
 */
export class Timers {
  readonly #clock: () => number;
  readonly #manual: boolean;
  readonly #wheel: TimerWheel;
  #interval: NodeJS.Timeout | undefined;
  #now: number;

  constructor(options: TimersOptions = {}) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#manual = options.manual ?? false;
    this.#now = this.#clock();
    this.#wheel = new TimerWheel({ now: this.#clock, resolution: PRECISION });
  }

  /** The time of the last tick in ms, at most 100 ms old while a timer exists: cheap to read for every chunk. */
  get now(): number {
    return this.#now;
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

  /** Counts the delay anew; a timer that has fired is armed again. */
  refresh(timer: Timer, delay: number): void {
    this.#start();
    this.#wheel.refresh(timer, delay);
  }

  cancel(timer: Timer): void {
    this.#wheel.cancel(timer);
  }

  /** Looks at the wheel. The interval does this; with `manual` the test does. */
  tick(): void {
    const now = this.#clock();
    const late = now - this.#now > PRECISION + LATE;
    this.#now = now;
    if (late) setImmediate(() => this.#advance());
    else this.#advance();
  }

  #advance(): void {
    this.#wheel.advance();
    if (this.#wheel.size > 0 || this.#interval === undefined) return;
    clearInterval(this.#interval);
    this.#interval = undefined;
  }

  #start(): void {
    if (this.#interval !== undefined || this.#manual) return;
    // Nothing has ticked while there was nothing to wait for.
    this.#now = this.#clock();
    this.#interval = setInterval(() => this.tick(), PRECISION);
    this.#interval.unref();
  }
}

/** The ones of this process. */
export const timers: Timers = new Timers();
