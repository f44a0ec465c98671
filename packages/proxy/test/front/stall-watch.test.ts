import { expect, test } from "vitest";

import { type Resettable, StallWatch } from "../../src/front/stall-watch.ts";
import { Timers } from "../../src/timers.ts";

/** What the watch sees of a response, set by hand. */
class World {
  readonly socket = { bytesWritten: 100_000, writableLength: 65_536, _handle: { writeQueueSize: 65_536 } };
  readonly response: { socket: World["socket"] | null; writableFinished: boolean; writableLength: number } = {
    socket: this.socket,
    writableFinished: false,
    writableLength: 65_536,
  };
  resets = 0;
  #now = 0;
  readonly timers: Timers = new Timers({ now: () => this.#now, every: () => () => {}, afterIO: setImmediate });
  readonly watch: StallWatch;

  constructor() {
    const connection = { reset: () => void this.resets++ } as unknown as Resettable;
    this.watch = new StallWatch(this.response, connection, 30_000, this.timers);
    this.watch.arm();
  }

  pass(ms: number): this {
    for (const until = this.#now + ms; this.#now < until; this.timers.tick()) this.#now += 100;
    return this;
  }
}

test("[TI03] who takes nothing for the time that is allowed is cut, once", () => {
  const world = new World();
  expect(world.pass(29_900).resets).toBe(0);
  expect(world.pass(200).resets).toBe(1);
  expect(world.watch.reason?.message).toContain("30 s, the limit is timeouts.response");
  expect(world.timers.size).toBe(0);
});

test.each<[string, (world: World) => void]>([
  ["a part of a write", ({ socket }) => void (socket._handle.writeQueueSize -= 1_000)],
  ["a whole one", ({ socket }) => void (socket.writableLength -= 1_000)],
])("who takes %s in that time is not", (_title, take) => {
  const world = new World();
  for (let count = 0; count < 20; count++) {
    take(world);
    expect(world.pass(22_000).resets).toBe(0);
  }
  expect(world.pass(38_000).resets).toBe(1);
});

test("that we write more is no progress", () => {
  const world = new World();
  for (let count = 0; count < 4; count++) {
    world.socket.bytesWritten += 1_000;
    world.socket.writableLength += 1_000;
    world.pass(7_600);
  }
  expect(world.resets).toBe(1);
});

test("who has taken everything is watched no more, until there is something again", () => {
  const world = new World();
  world.response.writableLength = 0;
  world.pass(60_000);
  expect(world.timers.size).toBe(0);
  world.response.writableLength = 10;
  world.watch.arm();
  world.watch.arm();
  expect(world.timers.size).toBe(1);
  expect(world.pass(31_000).resets).toBe(1);
});

test("a response that waits behind another one is not stalled", () => {
  const world = new World();
  world.response.socket = null;
  expect(world.pass(120_000).resets).toBe(0);
  world.response.socket = world.socket;
  expect(world.pass(38_000).resets).toBe(1);
});

test("stopped, it does nothing", () => {
  const world = new World();
  world.watch.stop();
  expect(world.pass(60_000).resets).toBe(0);
  expect(world.timers.size).toBe(0);
});
