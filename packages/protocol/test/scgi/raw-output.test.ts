import { expect, test, vi } from "vitest";

import { RawOutput } from "../../src/scgi/raw-output.ts";
import { latin1 } from "../vectors/wire.ts";

test("collects chunks by reference, and tells of the first of each flush alone", () => {
  const onPending = vi.fn<() => void>();
  const output = new RawOutput(onPending);
  expect([output.pendingBytes, output.take()]).toEqual([0, []]);
  const [one, two, three] = [latin1("one"), latin1("second"), latin1("3")];
  output.write(one);
  output.write(two);
  expect([onPending.mock.calls.length, output.pendingBytes]).toEqual([1, 9]);
  const pieces = output.take();
  expect([pieces.length, pieces[0] === one, pieces[1] === two, output.pendingBytes]).toEqual([2, true, true, 0]);
  output.write(three);
  expect([onPending.mock.calls.length, output.take()]).toEqual([2, [three]]);
});

test("an empty chunk is nothing", () => {
  const onPending = vi.fn<() => void>();
  const output = new RawOutput(onPending);
  output.write(new Uint8Array(0));
  expect([onPending.mock.calls.length, output.take()]).toEqual([0, []]);
});
