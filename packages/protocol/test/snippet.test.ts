import { expect, test } from "vitest";

import { snippet } from "../src/snippet.ts";

test("[V40] only printable ASCII comes out, quoted, at most 80 characters of it", () => {
  expect(snippet('a "b" \\ \r\n\t\0\x1b\x7f\x9b\xe9')).toBe('"a \\"b\\" \\\\ \\r\\n\\t\\x00\\x1b\\x7f\\x9b\\xe9"');
  expect(snippet("x".repeat(80))).toBe(`"${"x".repeat(80)}"`);
  expect(snippet("x".repeat(81))).toBe(`"${"x".repeat(80)}…"`);
});
