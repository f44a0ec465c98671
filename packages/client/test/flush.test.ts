import { expect, test } from "vitest";

import { FlushScheduler } from "../src/flush.ts";
import { turns } from "./support/clock.ts";

test("flushes all that became dirty in a turn, once, in order, before the next turn", async () => {
  const flushes = new FlushScheduler();
  const log: string[] = [];
  flushes.add({ flush: () => log.push("a") });
  await Promise.resolve();
  flushes.add({ flush: () => log.push("b") });
  expect(log).toEqual([]);
  await turns();
  expect(log).toEqual(["a", "b"]);
  await turns();
  expect(log).toEqual(["a", "b"]);
});

test("what becomes dirty during a flush is flushed in the next turn", async () => {
  const flushes = new FlushScheduler();
  const log: string[] = [];
  const again = { flush: () => log.push("again") };
  flushes.add({
    flush: () => {
      log.push("first");
      flushes.add(again);
    },
  });
  await turns();
  expect(log).toEqual(["first"]);
  await turns();
  expect(log).toEqual(["first", "again"]);
});
