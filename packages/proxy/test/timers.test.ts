import { expect, test } from "vitest";

import { Timers } from "../src/timers.ts";

function manual(): { timers: Timers; pass: (ms: number) => void } {
  let now = 0;
  const timers = new Timers({ clock: () => now, manual: true });
  const pass = (ms: number): void => {
    for (const until = now + ms; now < until; timers.tick()) now += Math.min(100, until - now);
  };
  return { timers, pass };
}

test("timers fire in time, and can be moved and cancelled", () => {
  const { timers, pass } = manual();
  const fired: string[] = [];
  timers.schedule(1_000, () => fired.push("one"));
  const moved = timers.schedule(1_000, () => fired.push("moved"));
  const cancelled = timers.schedule(1_000, () => fired.push("cancelled"));
  pass(900);
  timers.refresh(moved, 500);
  timers.cancel(cancelled);
  expect(timers.size).toBe(2);
  pass(200);
  expect(fired).toEqual(["one"]);
  pass(400);
  expect(fired).toEqual(["one", "moved"]);
  expect(timers.size).toBe(0);
  expect(timers.now).toBe(1_500);
});

test("after the event loop was blocked, what has arrived meanwhile comes first", async () => {
  let now = 0;
  const timers = new Timers({ clock: () => now, manual: true });
  const order: string[] = [];
  timers.schedule(1_000, () => order.push("expired"));
  now = 5_000;
  setImmediate(() => order.push("arrived"));
  timers.tick();
  expect(order).toEqual([]);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(order).toEqual(["arrived", "expired"]);
});

test("the process's own run by themselves, and only while there is something to wait for", async () => {
  const timers = new Timers();
  await new Promise<void>((resolve) => void timers.schedule(1, resolve));
  await new Promise<void>((resolve) => void timers.schedule(1, resolve));
  expect(timers.size).toBe(0);
});
