import { afterEach, expect, test, vi } from "vitest";

import { poisonReleasedSlabs, SlabPool } from "../src/slabs.ts";

afterEach(() => poisonReleasedSlabs(false));

test("a slab that nobody holds is used again", () => {
  const pool = new SlabPool({ size: 16 });
  const slab = pool.take();
  slab.disarm();
  expect(pool.take()).toBe(slab);
});

test("a held slab comes back when its last holder lets go", () => {
  const pool = new SlabPool({ size: 16 });
  const slab = pool.take();
  slab.retain();
  slab.retain();
  slab.disarm();
  slab.release();
  const other = pool.take();
  expect(other).not.toBe(slab);
  expect(pool.held).toBe(1);
  slab.release();
  expect(pool.held).toBe(0);
  expect(pool.take()).toBe(slab);
});

test("a slab that a connection reads into does not come back when it is released", () => {
  const pool = new SlabPool({ size: 16 });
  const slab = pool.take();
  slab.retain();
  slab.release();
  expect(pool.take()).not.toBe(slab);
});

test("small slabs are used again for their own size, and are no larger than the others", () => {
  const pool = new SlabPool();
  const small = pool.takeSmall();
  expect(small.buffer).toHaveLength(8_192);
  small.disarm();
  expect(pool.take().buffer).toHaveLength(65_536);
  expect(pool.takeSmall()).toBe(small);
  expect(new SlabPool({ size: 16 }).takeSmall().buffer).toHaveLength(16);
});

test("64 free slabs are kept, the memory of more goes back at once", () => {
  const pool = new SlabPool({ size: 16 });
  const slabs = Array.from({ length: 70 }, () => pool.take());
  for (const slab of slabs) slab.disarm();
  expect(slabs.map(({ buffer }) => buffer.length)).toEqual([
    ...Array<number>(64).fill(16),
    ...Array<number>(6).fill(0),
  ]);
});

test("a slab released twice throws", () => {
  const slab = new SlabPool({ size: 16 }).take();
  slab.retain();
  slab.release();
  expect(() => slab.release()).toThrow(expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }));
});

test("poisoned slabs are filled when they come back, and only then", () => {
  poisonReleasedSlabs(true);
  const pool = new SlabPool({ size: 4 });
  const slab = pool.take();
  slab.buffer.write("abcd");
  slab.retain();
  slab.disarm();
  expect(slab.buffer.toString()).toBe("abcd");
  slab.release();
  expect([...slab.buffer]).toEqual([0xdd, 0xdd, 0xdd, 0xdd]);
});

test("the pool is exhausted while consumers hold the limit, and wakes one connection for each slab", () => {
  const pool = new SlabPool({ size: 4, limit: 2 });
  const [one, two] = [pool.take(), pool.take()];
  for (const slab of [one, two]) {
    slab.retain();
    slab.disarm();
  }
  expect(pool.exhausted).toBe(true);
  const [first, second, third] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
  pool.whenFree(first);
  pool.whenFree(second);
  pool.whenFree(third);
  pool.forget(first);
  one.release();
  expect([first.mock.calls.length, second.mock.calls.length, third.mock.calls.length]).toEqual([0, 1, 0]);
  two.release();
  expect(third).toHaveBeenCalledOnce();
  expect(second).toHaveBeenCalledOnce();
});
