import { vi } from "vitest";

import { timers } from "../../src/timers.ts";

/** ms; below what counts as a blocked event loop. */
const STEP = 500;

let ahead = 0;
const real = performance.now.bind(performance);
// To the end of the test file: a clock that went back would hold up whoever set a timer before.
vi.spyOn(performance, "now").mockImplementation(() => real() + ahead);

/**
 * Lets time pass for the time limits of clients and programs, at once: limits can be so long that no busy machine reaches one
 * before the test wants it to.
 */
export async function pass(ms: number): Promise<void> {
  for (const until = ahead + ms; ahead < until;) {
    ahead += Math.min(STEP, until - ahead);
    timers.tick();
    // oxlint-disable-next-line no-await-in-loop -- what was due has its turn
    await new Promise(setImmediate);
  }
}

/** Lets time pass until a promise is settled. */
export async function passing<Value>(promise: Promise<Value>): Promise<Value> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  // oxlint-disable-next-line no-await-in-loop, typescript/no-unnecessary-condition -- settled meanwhile
  while (!settled) await pass(1_000);
  return promise;
}
