import { describe, expect, test } from "vitest";

import { HostedTimers } from "../../src/timers.ts";

/** A host whose time passes only when the test says so. */
class Host {
  time = 1_000;
  /** Intervals that run, and those that ever began. */
  running = 0;
  begun = 0;
  readonly pending: (() => void)[] = [];
  #tick = (): void => {};

  now(): number {
    return this.time;
  }

  every(interval: number, tick: () => void): () => void {
    expect(interval).toBe(100);
    this.running++;
    this.begun++;
    this.#tick = tick;
    return () => void this.running--;
  }

  afterIO(callback: () => void): void {
    this.pending.push(callback);
  }

  pass(ms: number): void {
    for (const until = this.time + ms; this.time < until;) {
      this.time = Math.min(this.time + 100, until);
      if (this.running > 0) this.#tick();
    }
  }

  /** Nothing ran for so long. */
  hang(ms: number): void {
    this.time += ms;
    this.#tick();
  }

  turn(): void {
    for (const callback of this.pending.splice(0)) callback();
  }
}

function setUp(): { host: Host; timers: HostedTimers; fired: string[]; note: (what: string) => () => void } {
  const host = new Host();
  const fired: string[] = [];
  return { host, timers: new HostedTimers(host), fired, note: (what) => () => void fired.push(what) };
}

test("timers fire in time, and can be moved, cancelled and armed again", () => {
  const { host, timers, fired, note } = setUp();
  timers.schedule(1_000, note("one"));
  const moved = timers.schedule(1_000, note("moved"));
  const cancelled = timers.schedule(1_000, note("cancelled"));
  host.pass(900);
  timers.refresh(moved, 500);
  timers.cancel(cancelled);
  expect(timers.size).toBe(2);
  host.pass(200);
  expect(fired).toEqual(["one"]);
  host.pass(400);
  expect(fired).toEqual(["one", "moved"]);
  timers.refresh(moved);
  host.pass(500);
  expect(fired).toEqual(["one", "moved", "moved"]);
  expect(timers.size).toBe(0);
});

test("one interval runs, and only while timers exist", () => {
  const { host, timers } = setUp();
  expect(host.running).toBe(0);
  const timer = timers.schedule(150, () => {});
  timers.schedule(50, () => {});
  expect([host.running, host.begun]).toEqual([1, 1]);
  host.pass(300);
  expect([host.running, timers.size]).toEqual([0, 0]);
  timers.refresh(timer, 1_000);
  expect([host.running, host.begun]).toEqual([1, 2]);
  timers.cancel(timer);
  host.pass(100);
  expect(host.running).toBe(0);
});

test("the time of the last tick is cheap to read, and not older than that while a timer exists", () => {
  const { host, timers } = setUp();
  host.time += 60_000;
  expect([timers.now, timers.clock()]).toEqual([61_000, 61_000]);
  timers.schedule(1_000, () => {});
  expect(timers.now).toBe(61_000);
  host.pass(250);
  expect([timers.now, timers.clock()]).toEqual([61_250, 61_250]);
});

describe("[f36] after the program was held up", () => {
  test("what came meanwhile has its turn before anything expires", () => {
    const { host, timers, fired, note } = setUp();
    const timer = timers.schedule(1_500, note("expired"));
    host.hang(2_000);
    // What a chunk that waited in the kernel does:
    timers.refresh(timer, 1_500);
    host.turn();
    expect(fired).toEqual([]);
    host.pass(1_600);
    expect(fired).toEqual(["expired"]);
  });

  test("what nobody has moved in that turn expires", () => {
    const { host, timers, fired, note } = setUp();
    timers.schedule(1_500, note("expired"));
    host.hang(2_000);
    expect(fired).toEqual([]);
    host.turn();
    expect(fired).toEqual(["expired"]);
  });
});
