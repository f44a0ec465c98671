import { describe, expect, test } from "vitest";

import { BatchIterator } from "../src/batch-iterator.ts";

interface Item {
  readonly number: number;
}

const item = (number: number): Item => ({ number });

async function* batches(...sizes: readonly number[]): AsyncGenerator<Item[], void, void> {
  let next = 0;
  for (const size of sizes) yield await Promise.resolve(Array.from({ length: size }, () => item(next++)));
}

async function all(iterator: AsyncIterable<Item>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { number } of iterator) numbers.push(number);
  return numbers;
}

describe("BatchIterator", () => {
  test.for([
    [[], []],
    [[0, 0], []],
    [[1], [0]],
    [
      [0, 3, 0, 0, 2, 0],
      [0, 1, 2, 3, 4],
    ],
  ] as const)("batches of %j items", async ([sizes, numbers]) => {
    expect(await all(new BatchIterator(batches(...sizes)))).toEqual(numbers);
  });

  test("calls that nobody waited for are answered in their order", async () => {
    const iterator = new BatchIterator(batches(2, 3, 1));
    const calls = Array.from({ length: 8 }, () => iterator.next());
    const order: (number | undefined)[] = [];
    for (const call of calls) void call.then(({ value }) => order.push(value?.number));
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, undefined, undefined]);
  });

  test("a call never overtakes one that is not answered, although items are there", async () => {
    const iterator = new BatchIterator(batches(3));
    const first = iterator.next();
    const third = first.then(() => iterator.next()); // runs before the second one's turn comes
    const second = iterator.next();
    expect(await Promise.all([first, second, third])).toMatchObject([0, 1, 2].map((number) => ({ value: { number } })));
  });

  test("what is whole before a failure comes out, the failure comes once", async () => {
    async function* failing(): AsyncGenerator<Item[], void, void> {
      yield* batches(2);
      throw new RangeError("mine");
    }
    const iterator = new BatchIterator(failing());
    const calls = Array.from({ length: 4 }, () => iterator.next());
    expect(await Promise.allSettled(calls)).toMatchObject([
      { value: { done: false } },
      { value: { done: false } },
      { reason: { message: "mine" } },
      { value: { done: true } },
    ]);
  });

  test("left in the middle, it leaves the batches, and gives nothing any more", async () => {
    let left = false;
    async function* endless(): AsyncGenerator<Item[], void, void> {
      try {
        for (;;) yield* batches(3);
      } finally {
        left = true;
      }
    }
    const iterator = new BatchIterator(endless());
    for await (const { number } of iterator) if (number === 1) break;
    expect(left).toBe(true);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("a return waits for the calls before it", async () => {
    const iterator = new BatchIterator(batches(3, 3));
    const calls = [iterator.next(), iterator.return(), iterator.next()];
    expect(await Promise.all(calls)).toEqual([
      { done: false, value: item(0) },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });
});
