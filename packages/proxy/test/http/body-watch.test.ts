import { describe, expect, test } from "vitest";

import { type BodyPace, BodyWatch } from "../../src/http/body-watch.ts";
import { Timers } from "../../src/timers.ts";

class World {
  readonly told: string[] = [];
  readonly watch: BodyWatch;
  readonly timers: Timers;
  #now = 0;

  constructor(pace: BodyPace) {
    this.timers = new Timers({ now: () => this.#now, every: () => () => {}, afterIO: setImmediate });
    this.watch = new BodyWatch(pace, ({ status, reason }) => this.told.push(`${status} ${reason}`), this.timers);
    this.watch.start();
  }

  /** So many ms, in which `bytes` come every second. */
  pass(ms: number, bytes = 0): this {
    for (const until = this.#now + ms; this.#now < until;) {
      this.#now += 100;
      if (bytes > 0 && this.#now % 1_000 === 0) this.watch.heard(bytes);
      this.timers.tick();
    }
    return this;
  }
}

describe("silence", () => {
  test("[TI02] of the time that is allowed ends a body, with the key that says so", () => {
    const world = new World({ idle: 30_000, rate: 0 });
    world.pass(29_000).watch.heard(1);
    world.pass(29_000).watch.heard(1);
    expect(world.pass(29_900).told).toEqual([]);
    expect(world.pass(300).told).toEqual([
      "408 Nothing of the request body came for 30 s, the limit is timeouts.requestBody.",
    ]);
    expect(world.timers.size).toBe(0);
  });

  test("does not count while we ourselves hold the client back", () => {
    const world = new World({ idle: 30_000, rate: 500 });
    world.watch.heard(1_000_000);
    world.watch.pause();
    world.pass(120_000);
    expect(world.told).toEqual([]);
    world.watch.resume();
    expect(world.pass(29_900).told).toEqual([]);
    expect(world.pass(300).told).toHaveLength(1);
  });
});

describe("a rate", () => {
  test("[TI02] is asked for from the tenth second on", () => {
    const world = new World({ idle: 30_000, rate: 500 });
    expect(world.pass(9_900, 1).told).toEqual([]);
    expect(world.pass(400, 1).told).toEqual([
      "408 The request body comes slower than limits.bodyRate asks for (500 bytes a second).",
    ]);
  });

  test("is one on average: what came early may be waited for later", () => {
    const world = new World({ idle: 30_000, rate: 500 });
    world.watch.heard(10_000);
    expect(world.pass(29_000, 1).told).toEqual([]);
    expect(world.pass(2_000, 1).told).toHaveLength(1);
  });

  test("kept is enough, however long it takes", () => {
    const world = new World({ idle: 30_000, rate: 500 });
    expect(world.pass(3_600_000, 500).told).toEqual([]);
  });

  test("does not count while we ourselves hold the client back", () => {
    const world = new World({ idle: 0, rate: 500 });
    world.pass(5_000);
    world.watch.pause();
    world.watch.pause();
    world.pass(60_000);
    world.watch.resume();
    world.watch.resume();
    expect(world.pass(4_900).told).toEqual([]);
    expect(world.pass(500).told).toHaveLength(1);
  });
});

test("a body that is over, or that nothing is asked of, needs no timer", () => {
  const over = new World({ idle: 30_000, rate: 500 });
  over.watch.stop();
  expect(over.timers.size).toBe(0);
  const free = new World({ idle: 0, rate: 0 });
  free.watch.stop();
  expect(free.timers.size).toBe(0);
  expect(over.pass(100_000).told).toEqual([]);
});
