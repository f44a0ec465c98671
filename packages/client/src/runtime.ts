import { FlushScheduler } from "./flush.ts";
import { SlabPool } from "./slabs.ts";
import { Timeouts } from "./timeouts.ts";

/** What all connections of one process share. */
export interface Runtime {
  readonly timeouts: Timeouts;
  readonly slabs: SlabPool;
  readonly flushes: FlushScheduler;
}

/** The one runtime of this process; tests make their own, with a clock of theirs. */
export const processRuntime: Runtime = {
  timeouts: new Timeouts(),
  slabs: new SlabPool(),
  flushes: new FlushScheduler(),
};
