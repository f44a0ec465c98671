import { expect, test } from "vitest";

import { styleOf } from "../../src/cli/live-text.ts";
import { progressLine } from "../../src/cli/load-report.ts";
import { LoadResult } from "../../src/cli/load-run.ts";
import type { LoadPlan } from "../../src/cli/load-run.ts";

const plain = styleOf(false);
const plan: LoadPlan = { request: { params: {} }, concurrency: 1, requests: 10, duration: Infinity, rate: undefined };

function resultOf(ended: number): LoadResult {
  const result = new LoadResult();
  result.ended = ended;
  return result;
}

test("the progress bar grows with the requests when their number ends it", () => {
  expect(progressLine(plan, resultOf(0), 0, plain)).toBe(`[${"-".repeat(30)}] 0 of 10 requests`);
  expect(progressLine(plan, resultOf(5), 900, plain)).toBe(`[${"#".repeat(15)}${"-".repeat(15)}] 5 of 10 requests`);
});

test("it grows with the time when that ends it, and says how many failed", () => {
  const result = resultOf(7);
  result.failures.set("FCGI_ERR_SOCKET", 2);
  const timed = { ...plan, requests: Infinity, duration: 10_000 };
  expect(progressLine(timed, result, 2_000, plain)).toBe(
    `[${"#".repeat(6)}${"-".repeat(24)}] 2.0 of 10 s, 7 requests, 2 failed`,
  );
});
