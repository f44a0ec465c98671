import { expect, test } from "vitest";

import { Allowance } from "../../src/http2/allowance.ts";

test("so much at once, and so much a second", () => {
  let now = 0;
  const allowance = new Allowance(3, 2, () => now);
  const taken = (): boolean[] => Array.from({ length: 4 }, () => allowance.take());
  expect(taken()).toEqual([true, true, true, false]);
  now = 499;
  expect(allowance.take()).toBe(false);
  now = 1_000;
  expect(taken()).toEqual([true, true, false, false]);
  now = 1_000_000;
  expect(taken()).toEqual([true, true, true, false]);
});
