import { expect, test } from "vitest";

import { Timers } from "../src/timers.ts";

test("the process's own run by themselves, and only while there is something to wait for", async () => {
  const timers = new Timers();
  await new Promise<void>((resolve) => void timers.schedule(1, resolve));
  await new Promise<void>((resolve) => void timers.schedule(1, resolve));
  expect(timers.size).toBe(0);
});
