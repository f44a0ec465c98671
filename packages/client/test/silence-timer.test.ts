import { expect, test, vi } from "vitest";

import { SilenceTimer } from "../src/silence-timer.ts";
import { TestRuntime } from "./support/clock.ts";

function make(): { runtime: TestRuntime; timer: SilenceTimer; fired: ReturnType<typeof vi.fn> } {
  const runtime = new TestRuntime();
  const fired = vi.fn<() => void>();
  return { runtime, fired, timer: new SilenceTimer(runtime.timeouts, { onSilence: fired }) };
}

test("fires once after the limit", async () => {
  const { runtime, timer, fired } = make();
  timer.watch(1_000);
  await runtime.pass(900);
  expect(fired).not.toHaveBeenCalled();
  await runtime.pass(200);
  expect(fired).toHaveBeenCalledOnce();
  expect(timer.watching).toBe(false);
  await runtime.pass(5_000);
  expect(fired).toHaveBeenCalledOnce();
});

test("a sound moves it, never to less than the limit after that sound", async () => {
  const { runtime, timer, fired } = make();
  timer.watch(1_000);
  await runtime.pass(950);
  timer.touch();
  await runtime.pass(950);
  expect(fired).not.toHaveBeenCalled();
  await runtime.pass(300);
  expect(fired).toHaveBeenCalledOnce();
});

test("a sound between two ticks counts from when it was made", async () => {
  const { runtime, timer, fired } = make();
  timer.watch(1_000);
  await runtime.pass(500);
  runtime.time += 90;
  timer.touch();
  await runtime.pass(990);
  expect(fired).not.toHaveBeenCalled();
  await runtime.pass(300);
  expect(fired).toHaveBeenCalledOnce();
});

test("the limit can change while it runs; 0 is none", async () => {
  const { runtime, timer, fired } = make();
  timer.watch(60_000);
  timer.watch(200);
  await runtime.pass(300);
  expect(fired).toHaveBeenCalledOnce();
  timer.watch(200);
  timer.watch(0);
  await runtime.pass(10_000);
  expect(fired).toHaveBeenCalledOnce();
});

test("stops", async () => {
  const { runtime, timer, fired } = make();
  timer.watch(200);
  timer.stop();
  await runtime.pass(1_000);
  expect(fired).not.toHaveBeenCalled();
  expect(runtime.timeouts.size).toBe(0);
});

test("a longer limit counts from the moment at which it is set", async () => {
  const { runtime, timer, fired } = make();
  timer.watch(1_000);
  await runtime.pass(900);
  timer.watch(2_000);
  await runtime.pass(1_950);
  expect(fired).not.toHaveBeenCalled();
  await runtime.pass(300);
  expect(fired).toHaveBeenCalledOnce();
});

test("serves one after the other: what it watched for the one is nothing to the next", async () => {
  const { runtime, timer, fired } = make();
  const next = vi.fn<() => void>();
  timer.watch(1_000);
  timer.leave();
  await runtime.pass(2_000);
  timer.watch(500, { onSilence: next });
  await runtime.pass(700);
  expect(fired).not.toHaveBeenCalled();
  expect(next).toHaveBeenCalledOnce();
});

test("goes on between two, and counts anew for the next", async () => {
  const { runtime, timer, fired } = make();
  const next = vi.fn<() => void>();
  timer.watch(1_000);
  await runtime.pass(900);
  timer.leave();
  timer.watch(1_000, { onSilence: next });
  await runtime.pass(950);
  expect(next).not.toHaveBeenCalled();
  await runtime.pass(300);
  expect(next).toHaveBeenCalledOnce();
  expect(fired).not.toHaveBeenCalled();
});
