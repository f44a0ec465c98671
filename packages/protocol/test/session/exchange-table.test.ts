import fc from "fast-check";
import { expect, test } from "vitest";

import { ExchangeTable } from "../../src/session/exchange-table.ts";

test("[P24] ids are the lowest free ones, and are used again", () => {
  const table = new ExchangeTable<string>();
  expect([table.nextId, table.size]).toEqual([1, 0]);
  for (const id of [1, 2, 3]) {
    expect(table.nextId).toBe(id);
    table.add(id, `r${id}`);
  }
  table.delete(2);
  expect([table.nextId, table.size, table.get(1), table.get(2), table.get(3)]).toEqual([2, 2, "r1", undefined, "r3"]);
  table.delete(1);
  expect(table.nextId).toBe(1);
  table.add(1, "again");
  expect(table.nextId).toBe(2);
  table.add(2, "again");
  expect(table.nextId).toBe(4);
});

test("[P20] [P24] [TF24] all 65,535 ids, then none, then the one that came free", () => {
  const table = new ExchangeTable<number>();
  let inOrder = 0;
  for (let id = 1; id <= 65_535; id++) {
    if (table.nextId === id) inOrder++;
    table.add(id, id);
  }
  expect(inOrder).toBe(65_535);
  expect([table.nextId, table.size]).toEqual([0, 65_535]);
  table.delete(40_000);
  expect(table.nextId).toBe(40_000);
  table.add(40_000, 1);
  expect(table.nextId).toBe(0);
  expect(table.drain()).toHaveLength(65_535);
  expect([table.nextId, table.size, table.get(40_000)]).toEqual([1, 0, undefined]);
});

test("[P22] an id that was once in use is known, 0 never holds anything", () => {
  const table = new ExchangeTable<string>();
  expect(table.hasSeen(1)).toBe(false);
  table.add(1, "a");
  table.delete(1);
  expect([table.hasSeen(1), table.hasSeen(2)]).toEqual([true, false]);
  table.delete(1);
  table.delete(9);
  table.delete(0);
  expect([table.size, table.nextId, table.get(0)]).toEqual([0, 1, undefined]);
});

test("[P24] whatever is added and deleted, the next id is the lowest one that is free", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12)), (steps) => {
      const table = new ExchangeTable<number>();
      const model = new Set<number>();
      for (const step of steps) {
        if (step === 0 || !model.has(step)) {
          model.add(table.nextId);
          table.add(table.nextId, step);
        } else {
          model.delete(step);
          table.delete(step);
        }
        let lowest = 1;
        while (model.has(lowest)) lowest++;
        expect([table.nextId, table.size]).toEqual([lowest, model.size]);
      }
    }),
    { numRuns: 200 },
  );
});
