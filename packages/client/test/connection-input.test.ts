import { expect, test } from "vitest";

import { ConnectionInput } from "../src/connection-input.ts";
import type { ClientSocket } from "../src/socket.ts";
import { TestRuntime } from "./support/clock.ts";

const LARGE = 65_536;
const SMALL = 8_192;

function open(runtime = new TestRuntime()): { input: ConnectionInput; runtime: TestRuntime; calls: string[] } {
  const calls: string[] = [];
  const input = new ConnectionInput(runtime, () => calls.push("resumed"));
  input.open({ pause: () => calls.push("pause"), resume: () => calls.push("resume") } as unknown as ClientSocket);
  return { input, runtime, calls };
}

test("[f21] a pause that a read has led to is sat out with a small slab, and the large one is for others", () => {
  const { input, runtime, calls } = open();
  const large = input.slab;
  input.pause();
  input.delivered(100);
  expect(input.slab.buffer).toHaveLength(SMALL);
  expect(runtime.slabs.take()).toBe(large);
  input.resume();
  // The socket has it until its next read.
  expect(input.slab.buffer).toHaveLength(SMALL);
  input.delivered(SMALL);
  expect(input.slab.buffer).toHaveLength(LARGE);
  expect(calls).toEqual(["pause", "resume", "resumed"]);
});

test("whoever pauses after each read gets small ones alone", () => {
  const { input } = open();
  input.pause();
  input.delivered(LARGE);
  const { slab } = input;
  for (let count = 0; count < 3; count++) {
    input.resume();
    input.pause();
    input.delivered(SMALL);
    expect(input.slab).toBe(slab);
  }
});

test("a small slab that is kept stays as it is", () => {
  const { input } = open();
  input.pause();
  input.delivered(1);
  const { slab } = input;
  slab.buffer.write("kept");
  slab.retain();
  input.resume();
  input.pause();
  input.delivered(4);
  expect(input.slab).not.toBe(slab);
  expect(input.slab.buffer).toHaveLength(SMALL);
  expect(slab.buffer.toString("latin1", 0, 4)).toBe("kept");
  slab.release();
});

test("[f21] nothing is read while consumers keep all slabs that they may", () => {
  const { input, runtime, calls } = open(new TestRuntime({ limit: 1 }));
  const { slab } = input;
  slab.retain();
  input.delivered(1);
  expect([calls, input.slab.buffer.length]).toEqual([["pause"], SMALL]);
  slab.release();
  expect([calls, runtime.slabs.held]).toEqual([["pause", "resume", "resumed"], 0]);
});

test("closed, it gives its slab back", () => {
  const { input, runtime } = open();
  input.pause();
  input.delivered(1);
  const { slab } = input;
  input.close();
  expect(runtime.slabs.takeSmall()).toBe(slab);
});
