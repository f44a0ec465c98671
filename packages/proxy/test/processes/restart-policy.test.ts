import { expect, test } from "vitest";

import { RestartPolicy } from "../../src/processes/restart-policy.ts";

const middle = (): number => 0.5;

test("[Q19] [f44] early deaths wait 1, 2, 4, 8, 16, 30, 30 s", () => {
  const policy = new RestartPolicy({ random: middle });
  const delays = Array.from({ length: 7 }, () => policy.ended(0).delay);
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("[Q19] a death after a stable life costs no waiting and ends the series", () => {
  const policy = new RestartPolicy({ random: middle });
  policy.ended(0);
  policy.ended(9_999);
  expect(policy.failures).toBe(2);
  expect(policy.ended(10_000)).toEqual({ delay: 0, failures: 0, crashLoop: false });
  expect(policy.ended(0).delay).toBe(1_000);
});

test("[Q19] says that it is a crash loop once in a series, and again in the next", () => {
  const policy = new RestartPolicy({ random: middle });
  const said = (count: number): boolean[] => Array.from({ length: count }, () => policy.ended(0).crashLoop);
  expect(said(8)).toEqual([false, false, false, false, true, false, false, false]);
  policy.ended(60_000);
  expect(said(5)).toEqual([false, false, false, false, true]);
});

test("[Q19] jitter stays between the least and the longest delay", () => {
  const lowest = new RestartPolicy({ random: () => 0 });
  const highest = new RestartPolicy({ random: () => 0.999_999 });
  const delays = (policy: RestartPolicy): number[] => Array.from({ length: 7 }, () => policy.ended(0).delay);
  expect(delays(lowest)).toEqual([1_000, 1_600, 3_200, 6_400, 12_800, 24_000, 24_000]);
  expect(delays(highest)).toEqual([1_200, 2_400, 4_800, 9_600, 19_200, 30_000, 30_000]);
});
