import { FastCGIError } from "../errors.ts";

/** A callback that waits in a {@link TimerWheel}. */
export interface Timer {
  /** Will it still fire? False once it has fired or was cancelled. */
  readonly active: boolean;
}

/** How a {@link TimerWheel} counts time. */
export interface TimerWheelOptions {
  /**
   * The clock, in ms. It should never go back (`performance.now`, not `Date.now`): what it loses is
   * added to each delay.
   */
  now: () => number;
  /**
   * Milliseconds a tick. A timer fires up to one tick late, and never early.
   *
   * @default 100
   */
  resolution?: number;
  /**
   * Ticks a turn. A longer delay than `resolution * slots` is allowed; it is looked at once a turn.
   *
   * @default 512
   */
  slots?: number;
}

/** Where a timer is between two calls. */
const IDLE = 0;
const WAITING = 1;
const DUE = 2;

class WheelTimer implements Timer {
  readonly wheel: TimerWheel;
  readonly callback: () => void;
  delay: number;
  state: typeof IDLE | typeof WAITING | typeof DUE = IDLE;
  /** When it fires, in ms of the wheel's clock, and as a tick. */
  deadline = 0;
  tick = 0;
  /** Breaks ties of equal deadlines: first armed, first fired. */
  order = 0;
  /** The tick whose slot holds it: never later than `tick`, earlier after a lazy refresh. */
  filedTick = 0;
  previous: WheelTimer | undefined = undefined;
  next: WheelTimer | undefined = undefined;

  constructor(wheel: TimerWheel, delay: number, callback: () => void) {
    this.wheel = wheel;
    this.delay = delay;
    this.callback = callback;
  }

  get active(): boolean {
    return this.state !== IDLE;
  }
}

/**
 * A hashed timer wheel. It holds no timer of the host: the owner calls {@link TimerWheel.advance}
 * from an interval of about one resolution, and may stop that interval while `size` is 0.
 *
 * @example
 * const wheel = new TimerWheel({ now: () => performance.now() });
 * setInterval(() => wheel.advance(), 100).unref();
 * const timer = wheel.schedule(60_000, () => socket.destroy());
 * socket.on("data", () => wheel.refresh(timer));
 */
export class TimerWheel {
  readonly #now: () => number;
  readonly #resolution: number;
  readonly #slots: (WheelTimer | undefined)[];
  readonly #epoch: number;
  #tick = 0;
  #size = 0;
  #orders = 0;
  #firing = false;

  /** @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a resolution or a number of slots that is not positive */
  constructor(options: TimerWheelOptions) {
    const { now, resolution = 100, slots = 512 } = options;
    if (!(resolution > 0 && resolution < Infinity)) throw invalid(`A resolution of ${resolution} ms is not positive.`);
    if (!(Number.isInteger(slots) && slots > 0)) throw invalid(`A wheel cannot have ${slots} slots.`);
    this.#now = now;
    this.#resolution = resolution;
    this.#slots = Array.from({ length: slots });
    this.#epoch = now();
  }

  /** How many timers will still fire. */
  get size(): number {
    return this.#size;
  }

  /**
   * Calls `callback` once, `delay` ms from now, rounded up to a tick; with a delay of 0 at the next tick.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a delay that is negative or not finite
   */
  schedule(delay: number, callback: () => void): Timer {
    checkDelay(delay);
    const timer = new WheelTimer(this, delay, callback);
    this.#arm(timer);
    return timer;
  }

  /** Makes sure that the timer does not fire; nothing happens if it has fired or was cancelled. */
  cancel(timer: Timer): void {
    const own = this.#own(timer);
    if (own.state === IDLE) return;
    if (own.state === WAITING) this.#unfile(own);
    own.state = IDLE;
    this.#size--;
  }

  /**
   * Counts the delay anew from now: the timer's own, or the one given, which it then keeps. A timer
   * that has fired or was cancelled is armed again, so that an owner can use one timer many times.
   * Nothing is allocated, and a deadline that moves back is only noted.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a delay that is negative or not finite
   */
  refresh(timer: Timer, delay?: number): void {
    const own = this.#own(timer);
    if (delay !== undefined) {
      checkDelay(delay);
      own.delay = delay;
    }
    this.#arm(own);
  }

  /**
   * Fires all that is due by the clock, each once, in the order of their deadlines, however many
   * ticks were missed. What a callback schedules fires at a later tick, never in the same call. A
   * callback that throws does not keep the others from firing; its error is thrown at the end.
   */
  advance(): void {
    const tick = Math.floor((this.#now() - this.#epoch) / this.#resolution);
    if (this.#firing || tick <= this.#tick) return;
    const from = this.#tick + 1;
    this.#tick = tick;
    if (this.#size === 0) return;
    // After a long pause of the process each slot is looked at once, not once a tick missed.
    const visits = Math.min(tick - from + 1, this.#slots.length);
    let due: WheelTimer[] | undefined;
    for (let visited = from; visited < from + visits; visited++) due = this.#collect(visited, due);
    if (due !== undefined) this.#fire(due);
  }

  #arm(timer: WheelTimer): void {
    timer.deadline = this.#now() + timer.delay;
    timer.tick = Math.max(Math.ceil((timer.deadline - this.#epoch) / this.#resolution), this.#tick + 1);
    timer.order = this.#orders++;
    if (timer.state === WAITING) {
      // The usual case, a deadline moved back: its slot comes up first and files it anew then.
      if (timer.tick >= timer.filedTick) return;
      this.#unfile(timer);
    } else if (timer.state === IDLE) {
      this.#size++;
    }
    timer.state = WAITING;
    this.#file(timer);
  }

  #file(timer: WheelTimer): void {
    const slot = timer.tick % this.#slots.length;
    const head = this.#slots[slot];
    timer.filedTick = timer.tick;
    timer.previous = undefined;
    timer.next = head;
    if (head !== undefined) head.previous = timer;
    this.#slots[slot] = timer;
  }

  #unfile(timer: WheelTimer): void {
    if (timer.previous === undefined) this.#slots[timer.filedTick % this.#slots.length] = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next !== undefined) timer.next.previous = timer.previous;
    timer.previous = undefined;
    timer.next = undefined;
  }

  /** Takes the due timers out of a slot, and moves those whose deadline has left it. */
  #collect(visited: number, due: WheelTimer[] | undefined): WheelTimer[] | undefined {
    const slot = visited % this.#slots.length;
    let list = due;
    let timer = this.#slots[slot];
    while (timer !== undefined) {
      const next: WheelTimer | undefined = timer.next;
      if (timer.tick <= this.#tick) {
        this.#unfile(timer);
        timer.state = DUE;
        if (list === undefined) list = [timer];
        else list.push(timer);
      } else if (timer.tick % this.#slots.length === slot) {
        timer.filedTick = timer.tick;
      } else {
        this.#unfile(timer);
        this.#file(timer);
      }
      timer = next;
    }
    return list;
  }

  #fire(due: WheelTimer[]): void {
    if (due.length > 1) due.sort((one, other) => one.deadline - other.deadline || one.order - other.order);
    let failed = false;
    let failure: unknown;
    this.#firing = true;
    for (const timer of due) {
      // A callback before this one may have cancelled or refreshed it.
      if (timer.state !== DUE) continue;
      timer.state = IDLE;
      this.#size--;
      try {
        timer.callback();
      } catch (error) {
        failure = failed ? failure : error;
        failed = true;
      }
    }
    this.#firing = false;
    if (failed) throw failure;
  }

  #own(timer: Timer): WheelTimer {
    if (timer instanceof WheelTimer && timer.wheel === this) return timer;
    throw invalid("The timer belongs to another wheel.");
  }
}

function checkDelay(delay: number): void {
  if (!(delay >= 0 && delay < Infinity)) throw invalid(`A delay of ${delay} ms is not a time.`);
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
}
