import fc from "fast-check";
import { expect, test } from "vitest";

import { RetryBudget } from "../../src/balancing/retry-budget.ts";

test("[Q4] a fifth of the requests of the last ten seconds, three in any case", () => {
  let time = 0;
  const budget = new RetryBudget(0.2, 3, () => time);
  const taken = (): number => {
    let count = 0;
    while (budget.take()) count++;
    return count;
  };
  expect(taken()).toBe(3);
  time += 10_000;
  for (let count = 0; count < 100; count++) budget.count();
  expect(taken()).toBe(20);
  time += 9_000;
  expect(taken()).toBe(0);
  time += 1_000;
  expect(taken()).toBe(3);
  time += 1e9;
  expect(taken()).toBe(3);
});

test("[Q4] in any history no window of ten seconds has more", () => {
  const events = fc.array(fc.record({ wait: fc.nat(3_000), requests: fc.nat(20), retries: fc.nat(20) }), {
    maxLength: 50,
  });
  fc.assert(
    fc.property(events, (history) => {
      let time = 0;
      const budget = new RetryBudget(0.2, 3, () => time);
      const requests: number[] = [];
      const retries: number[] = [];
      for (const step of history) {
        time += step.wait;
        for (let count = 0; count < step.requests; count++) {
          budget.count();
          requests.push(time);
        }
        for (let count = 0; count < step.retries; count++) if (budget.take()) retries.push(time);
        // Seconds are counted whole: at most eleven of them, and not fewer requests than in ten.
        const recent = (times: number[], span: number): number => times.filter((at) => at > time - span).length;
        expect(recent(retries, 9_000)).toBeLessThanOrEqual(Math.max(3, recent(requests, 20_000) * 0.2));
      }
    }),
  );
});
