import { setImmediate } from "node:timers/promises";

import { FlushScheduler } from "../../src/flush.ts";
import type { Runtime } from "../../src/runtime.ts";
import { SlabPool } from "../../src/slabs.ts";
import type { SlabPoolOptions } from "../../src/slabs.ts";
import { Timeouts } from "../../src/timeouts.ts";

/** A runtime whose time passes only when the test says so. */
export class TestRuntime implements Runtime {
  time = 1_000;
  readonly timeouts: Timeouts = new Timeouts({
    now: () => this.time,
    every: () => () => {},
    afterIO: globalThis.setImmediate,
  });
  readonly flushes: FlushScheduler = new FlushScheduler();
  readonly slabs: SlabPool;

  constructor(slabs: SlabPoolOptions = {}) {
    this.slabs = new SlabPool(slabs);
  }

  /** `ms` pass, in steps as a running event loop takes them. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    while (this.time < until) {
      this.time = Math.min(this.time + 100, until);
      this.timeouts.tick();
    }
    await turns(2);
  }
}

/** Turns of the event loop: what was ready to happen has happened. */
export async function turns(count = 1): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one turn after the other
  for (let turn = 0; turn < count; turn++) await setImmediate();
}
