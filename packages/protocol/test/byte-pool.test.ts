import { expect, test } from "vitest";

import { pooledBytes } from "../src/byte-pool.ts";

test("[V4] no byte is given out twice", () => {
  const lengths = Array.from({ length: 200 }, (_, index) => (index * 37) % 900);
  const pieces = lengths.map((length, index) => pooledBytes(length).fill(index));
  expect(pieces.map(({ length }) => length)).toEqual(lengths);
  pieces.forEach((piece, index) => expect(piece.every((byte) => byte === index)).toBe(true));
});

test("what is large has memory of its own, so that little keeps no more than a block", () => {
  expect(pooledBytes(4_097).buffer.byteLength).toBe(4_097);
  expect(pooledBytes(4_096).buffer.byteLength).toBe(16_384);
});
