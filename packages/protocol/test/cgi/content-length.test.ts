import fc from "fast-check";
import { expect, test } from "vitest";

import { parseContentLength } from "../../src/cgi/content-length.ts";

test.each([
  ["0", 0],
  ["5", 5],
  ["007", 7],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
])("[C17] %s is %d", (text, bytes) => {
  expect(parseContentLength(text)).toBe(bytes);
});

test.each([
  "",
  " ",
  "5 ",
  " 5",
  "+5",
  "-0",
  "5,5",
  "5.0",
  "1e3",
  "0x5",
  "5_0",
  "٥",
  "9007199254740992",
  "9".repeat(400),
  "5\0",
  "NaN",
  "Infinity",
])("[C17] [TG04] %j is no length", (text) => {
  expect(parseContentLength(text)).toBeUndefined();
});

test("reads back each number of bytes that is written", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseContentLength(String(bytes))).toBe(bytes);
    }),
  );
});
