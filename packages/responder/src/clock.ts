import { HostedTimers } from "@x/protocol/timers";

/** The timers of one server on one timer wheel, which never keeps the process alive. */
export class Clock extends HostedTimers {
  constructor() {
    super({
      now: () => performance.now(),
      every(interval, tick) {
        const timer = setInterval(tick, interval).unref();
        return () => clearInterval(timer);
      },
      afterIO: setImmediate,
    });
  }
}
