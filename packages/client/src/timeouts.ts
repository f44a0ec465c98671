import { HostedTimers } from "@x/protocol/timers";
import type { TimersHost } from "@x/protocol/timers";

/** ms between two looks at the wheel: no timeout is more precise. */
export const PRECISION = 100;

const NODE: TimersHost = {
  now: () => performance.now(),
  every(interval, tick) {
    const timer = setInterval(tick, interval).unref();
    return () => clearInterval(timer);
  },
  afterIO: setImmediate,
};

/** All timeouts of the process on one timer wheel, which never keeps the process alive. */
export class Timeouts extends HostedTimers {
  /** @param host another one for tests, whose time passes as they say */
  constructor(host: TimersHost = NODE) {
    super(host, PRECISION);
  }
}
