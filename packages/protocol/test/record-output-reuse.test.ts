import { expect, test } from "vitest";

import { RecordOutput } from "../src/record-output.ts";
import { lease } from "../src/slab.ts";
import { failure } from "./failure.ts";
import { concat, hex, pattern } from "./vectors/wire.ts";

test("what nobody looks at any more is written over, and nothing else", () => {
  const output = new RecordOutput(() => {});
  output.stream(5, 1, hex("01"));
  const first = output.take()[0]!;
  output.reuse();
  output.stream(5, 1, hex("02"));
  expect(first[8]).toBe(2);
  const second = output.take()[0]!;
  expect([second.buffer, second.byteOffset]).toEqual([first.buffer, first.byteOffset]);
});

test("a piece stays as it is while something that came after it lies behind it", () => {
  const [one, other] = [new RecordOutput(() => {}), new RecordOutput(() => {})];
  one.stream(5, 1, hex("01"));
  const first = one.take()[0]!;
  other.stream(5, 1, hex("02"));
  one.reuse();
  one.stream(5, 1, hex("03"));
  expect(concat(...other.take())).toEqual(hex("01 05 0001 0001 07 00  02 00000000000000"));
  expect(concat(first)).toEqual(hex("01 05 0001 0001 07 00  01 00000000000000"));
  expect(concat(...one.take())).toEqual(hex("01 05 0001 0001 07 00  03 00000000000000"));
});

test("what waits to be taken is not written over", () => {
  const output = new RecordOutput(() => {});
  output.stream(5, 1, hex("01"));
  output.take();
  output.stream(5, 1, hex("02"));
  output.reuse();
  output.stream(5, 1, hex("03"));
  expect(concat(...output.take())).toEqual(
    hex("01 05 0001 0001 07 00  02 00000000000000 01 05 0001 0001 07 00  03 00000000000000"),
  );
});

test("large content is not ours to write over", () => {
  const output = new RecordOutput(() => {});
  const large = pattern(5_000);
  output.stream(5, 1, large);
  const pieces = output.take();
  const before = concat(...pieces);
  output.reuse();
  output.stream(5, 1, hex("FF"));
  expect(concat(...pieces)).toEqual(before);
  expect(large).toEqual(pattern(5_000));
});

test("a request that was refused in between makes nobody else's bytes ours", () => {
  const output = new RecordOutput(() => {});
  lease(65_536);
  output.stream(5, 1, hex("01"));
  output.take();
  lease(65_520);
  const { bytes, start, end } = lease(4_096);
  const others = bytes.subarray(start, end).fill(0xaa);
  expect(failure(() => output.params(1, [["NAME", "\0".repeat(100)]])).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  output.reuse();
  output.stream(5, 1, hex("02"));
  expect(others.every((byte) => byte === 0xaa)).toBe(true);
  expect(concat(...output.take())).toEqual(hex("01 05 0001 0001 07 00  02 00000000000000"));
});
