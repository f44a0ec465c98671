import { beforeEach, expect, test } from "vitest";

import { WaitQueue } from "../src/wait-queue.ts";
import type { QueueEntry, Queueable } from "../src/wait-queue.ts";
import { TestRuntime } from "./support/clock.ts";

class Waiter implements Queueable<Waiter> {
  readonly name: string;
  queueEntry: QueueEntry<Waiter> | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

function make(): { runtime: TestRuntime; queue: WaitQueue<Waiter>; expired: string[] } {
  const runtime = new TestRuntime();
  const expired: string[] = [];
  const queue = new WaitQueue<Waiter>({
    timeouts: runtime.timeouts,
    onExpire: (waiter) => {
      expired.push(waiter.name);
      queue.remove(waiter);
    },
  });
  return { runtime, queue, expired };
}

let [a, b, c, d] = makeWaiters();
beforeEach(() => {
  [a, b, c, d] = makeWaiters();
});

function makeWaiters(): [Waiter, Waiter, Waiter, Waiter] {
  return [new Waiter("a"), new Waiter("b"), new Waiter("c"), new Waiter("d")];
}

test("first in, first out; one at the front comes first", () => {
  const { queue } = make();
  queue.push(a, 0);
  queue.push(b, 0);
  queue.unshift(c, 0);
  expect(queue.length).toBe(3);
  expect(queue.drain()).toEqual([c, a, b]);
  expect(queue.length).toBe(0);
  expect(queue.first).toBeUndefined();
});

test.for(["a", "b", "c", "ab", "bc", "ac", "abc"])("%s leave from anywhere", (names) => {
  const { queue } = make();
  const leaving = [a, b, c].filter(({ name }) => names.includes(name));
  for (const waiter of [a, b, c]) queue.push(waiter, 1_000);
  for (const waiter of leaving) expect(queue.remove(waiter)).toBe(true);
  for (const waiter of leaving) expect(queue.remove(waiter)).toBe(false);
  queue.push(d, 0);
  expect(queue.drain()).toEqual([...[a, b, c].filter((waiter) => !leaving.includes(waiter)), d]);
});

test("each waits for its own time, and whoever left does not expire", async () => {
  const { runtime, queue, expired } = make();
  queue.push(a, 2_000);
  queue.push(b, 500);
  queue.push(c, 0);
  queue.push(d, 500);
  queue.remove(d);
  await runtime.pass(600);
  expect(expired).toEqual(["b"]);
  await runtime.pass(10_000);
  expect(expired).toEqual(["b", "a"]);
  expect(queue.drain()).toEqual([c]);
  expect(runtime.timeouts.size).toBe(0);
});

test("knows who is among the first", () => {
  const { queue } = make();
  for (const waiter of [a, b, c]) queue.push(waiter, 0);
  expect([a, b, c].map((waiter) => queue.isAmongFirst(waiter, 2))).toEqual([true, true, false]);
});
