import { expect, test } from "vitest";

import { BLOCK_SIZE, Blocks, SMALL_BLOCK_SIZE } from "../../src/spool/blocks.ts";

test("blocks are used again, each for its size", () => {
  const blocks = new Blocks();
  const [large, small] = [blocks.take(), blocks.takeSmall()];
  blocks.give(small);
  blocks.give(large);
  expect([blocks.takeFor(100), blocks.takeFor(20_000)]).toEqual([small, large]);
  expect([small.length, large.length]).toEqual([SMALL_BLOCK_SIZE, BLOCK_SIZE]);
});

test("[f21] 4 MiB of each size are kept, the memory of more goes back at once", () => {
  const blocks = new Blocks();
  const all = Array.from({ length: 70 }, () => blocks.take());
  for (const block of all) blocks.give(block);
  expect(all.filter(({ length }) => length > 0)).toHaveLength(64);
  const larger = blocks.takeFor(100_000);
  blocks.give(larger);
  expect(larger).toHaveLength(0);
});
