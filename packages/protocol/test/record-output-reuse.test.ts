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

test("its own place is written over, and not what another one has written behind it", () => {
  const [one, other] = [new RecordOutput(() => {}), new RecordOutput(() => {})];
  one.stream(5, 1, hex("01"));
  const first = one.take()[0]!;
  other.stream(5, 1, hex("02"));
  one.reuse();
  one.stream(5, 1, pattern(3_000));
  one.stream(5, 1, hex("03"));
  expect(concat(...other.take())).toEqual(hex("01 05 0001 0001 07 00  02 00000000000000"));
  const answers = concat(...one.take());
  expect(answers.slice(8, 3_008)).toEqual(pattern(3_000));
  expect(answers.slice(-16)).toEqual(hex("01 05 0001 0001 07 00  03 00000000000000"));
  one.reuse();
  one.stream(5, 1, hex("04"));
  one.take();
  expect(concat(first)).toEqual(hex("01 05 0001 0001 07 00  01 00000000000000"));
});

test("outputs that write in turns each keep a place of their own", () => {
  const outputs = Array.from({ length: 40 }, () => new RecordOutput(() => {}));
  const write = (): (readonly [ArrayBufferLike, number])[] => {
    for (const [index, output] of outputs.entries()) output.stream(5, 1, new Uint8Array(1_000).fill(index));
    const taken = outputs.map((output) => output.take()[0]!);
    for (const [index, piece] of taken.entries()) {
      expect(concat(piece).subarray(8, 1_008), `output ${index}`).toEqual(new Uint8Array(1_000).fill(index));
    }
    for (const output of outputs) output.reuse();
    return taken.map((piece) => [piece.buffer, piece.byteOffset] as const);
  };
  const first = write();
  expect(write()).toEqual(first);
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
