import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { expect, test, vi } from "vitest";

import { Timeouts } from "../src/timeouts.ts";
import { TestRuntime, turns } from "./support/clock.ts";

test("fires when the time has come, not before", async () => {
  const runtime = new TestRuntime();
  const fired = vi.fn<() => void>();
  runtime.timeouts.schedule(500, fired);
  await runtime.pass(400);
  expect(fired).not.toHaveBeenCalled();
  await runtime.pass(200);
  expect(fired).toHaveBeenCalledOnce();
  expect(runtime.timeouts.size).toBe(0);
});

test("a cancelled timer does not fire, a refreshed one fires later", async () => {
  const runtime = new TestRuntime();
  const [cancelled, refreshed] = [vi.fn<() => void>(), vi.fn<() => void>()];
  const one = runtime.timeouts.schedule(300, cancelled);
  const two = runtime.timeouts.schedule(300, refreshed);
  runtime.timeouts.cancel(one);
  await runtime.pass(200);
  runtime.timeouts.refresh(two, 300);
  await runtime.pass(200);
  expect(refreshed).not.toHaveBeenCalled();
  await runtime.pass(200);
  expect(refreshed).toHaveBeenCalledOnce();
  expect(cancelled).not.toHaveBeenCalled();
});

test("[f36] after a blocked event loop, pending I/O gets one turn before anything expires", async () => {
  const runtime = new TestRuntime();
  const expired = vi.fn<() => void>();
  const timer = runtime.timeouts.schedule(1_500, expired);
  runtime.time += 2_000;
  runtime.timeouts.tick();
  expect(expired).not.toHaveBeenCalled();
  // What a chunk that waited in the kernel does:
  runtime.timeouts.refresh(timer, 1_500);
  await turns();
  expect(expired).not.toHaveBeenCalled();
  await runtime.pass(1_600);
  expect(expired).toHaveBeenCalledOnce();
});

test("[f36] what nobody has refreshed in that turn expires", async () => {
  const runtime = new TestRuntime();
  const expired = vi.fn<() => void>();
  runtime.timeouts.schedule(1_500, expired);
  runtime.time += 2_000;
  runtime.timeouts.tick();
  await turns();
  expect(expired).toHaveBeenCalledOnce();
});

test("the interval runs by itself while a timer exists", async () => {
  const timeouts = new Timeouts();
  // Something has to keep the process alive: the interval does not.
  const alive = setTimeout(() => {}, 60_000);
  await new Promise<void>((resolve) => timeouts.schedule(10, resolve));
  clearTimeout(alive);
  expect(timeouts.size).toBe(0);
});

test("a waiting timer does not keep a process alive", async () => {
  const url = new URL("../src/timeouts.ts", import.meta.url).href;
  const worker = new Worker(
    `import(${JSON.stringify(url)}).then(({ Timeouts }) => new Timeouts().schedule(3600000, () => {}))`,
    { eval: true },
  );
  const [code] = await once(worker, "exit");
  expect(code).toBe(0);
});
