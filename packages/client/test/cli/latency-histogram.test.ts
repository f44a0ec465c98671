import fc from "fast-check";
import { expect, test } from "vitest";

import { LatencyHistogram } from "../../src/cli/latency-histogram.ts";

test("percentiles of any values are within a thousandth of the exact ones", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 7_200_000_000 }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (values, percent) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil((percent / 100) * values.length)) - 1]!;
        const found = histogram.percentile(percent);
        expect(found).toBeGreaterThanOrEqual(exact);
        expect(found - exact).toBeLessThanOrEqual(exact / 1_000);
        expect(histogram.count).toBe(values.length);
        expect(histogram.max).toBe(sorted.at(-1));
        expect(histogram.ranges(7).reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
      },
    ),
  );
});

test("mean, deviation, least; nothing recorded is nothing", () => {
  const histogram = new LatencyHistogram();
  expect([histogram.mean, histogram.deviation, histogram.min, histogram.max, histogram.percentile(99)]).toEqual([
    0, 0, 0, 0, 0,
  ]);
  expect(histogram.ranges(3)).toEqual([]);
  for (const value of [2, 4, 4, 4, 5, 5, 7, 9, -1]) histogram.record(value);
  expect(histogram.min).toBe(0);
  expect(histogram.mean).toBeCloseTo(40 / 9);
  expect(histogram.percentile(50)).toBe(4);
});
