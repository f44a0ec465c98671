import { expect, test } from "vitest";

import { parseSize } from "../../src/config/size.ts";

test.each([
  ["64k", 65_536],
  ["64K", 65_536],
  ["128M", 134_217_728],
  ["1.5 GiB", 1_610_612_736],
  ["1t", 1_099_511_627_776],
  [" 500 ", 500],
])("%s", (text, expected) => expect(parseSize(text)).toBe(expected));

test.each(["", "k", "-1k", "1kb", "1MB", "1e3", "1 000", "0x10"])("%j is none", (text) =>
  expect(parseSize(text)).toBeUndefined(),
);
