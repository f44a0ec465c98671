import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";

import { RequestTable } from "../../src/session/request-table.ts";

const anyId = fc.oneof(fc.nat(5), fc.constantFrom(62, 63, 64, 65, 127, 128, 65_471, 65_472, 65_534, 65_535));

test("[P20] [P22] whatever is added and deleted, under whichever ids, each one finds its own", () => {
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 60, size: "max" }), fc.nat(60), (ids, drained) => {
      const table = new RequestTable<string>();
      const model = new Map<number, string>();
      const seen = new Set([0, ...ids]);
      for (const [turn, id] of ids.entries()) {
        if (turn === drained) {
          expect(table.drain().toSorted()).toEqual([...model.values()].toSorted());
          model.clear();
        }
        if (model.delete(id)) table.delete(id);
        else {
          table.add(id, `${id}/${turn}`);
          model.set(id, `${id}/${turn}`);
        }
        for (const other of seen) expect(table.get(other)).toBe(model.get(other));
        expect(table.size).toBe(model.size);
      }
      const byId = [...model].toSorted(([left], [right]) => left - right).map(([, request]) => request);
      expect(table.list()).toEqual(byId);
    }),
    { numRuns: 300 },
  );
});

test("deleting what is not there changes nothing", () => {
  const table = new RequestTable<string>();
  table.delete(1);
  table.add(1, "a");
  for (const id of [0, 2, 65, 65_535]) table.delete(id);
  expect([table.size, table.get(1)]).toEqual([1, "a"]);
});

test("[V12] ids that only grow cost no more than the requests that run at once", () => {
  const pages = vi.spyOn(Array, "from");
  onTestFinished(() => pages.mockRestore());
  const table = new RequestTable<number>();
  for (let id = 1; id <= 65_535; id++) {
    table.add(id, id);
    if (id > 3) table.delete(id - 3);
  }
  expect(table.size).toBe(3);
  expect(pages.mock.calls.length).toBeLessThanOrEqual(2);
});
