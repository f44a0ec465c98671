import { HostedTimers } from "@x/protocol/timers";
import type { TimersHost } from "@x/protocol/timers";

/** Milliseconds between two looks at the wheel: no timeout is more precise. */
export const PRECISION = 100;

const NODE: TimersHost = {
  now: () => performance.now(),
  every(interval, tick) {
    const timer = setInterval(tick, interval).unref();
    return () => clearInterval(timer);
  },
  afterIO: setImmediate,
};

/** The timeouts of clients and programs on one timer wheel, which never keeps the process alive. */
export class Timers extends HostedTimers {
  /** @param host another one for tests, whose time passes as they say */
  constructor(host: TimersHost = NODE) {
    super(host, PRECISION);
  }
}

/** The ones of this process. */
export const timers: Timers = new Timers();
