import { expect, test } from "vitest";

import { parseDuration } from "../../src/config/duration.ts";

test.each([
  ["500ms", 500],
  ["10s", 10_000],
  ["1.5h", 5_400_000],
  ["1m30s", 90_000],
  ["1h 30m", 5_400_000],
  ["1d12h", 129_600_000],
  ["1y", 31_536_000_000],
  [" 0s ", 0],
])("%s", (text, expected) => expect(parseDuration(text)).toBe(expected));

test.each(["", "10", "s", "10 s", "-1s", "30s1m", "1s1s", "1s,2ms", "1month", "1e3s", "Infinity"])(
  "%j is none",
  (text) => expect(parseDuration(text)).toBeUndefined(),
);
