import { expect, test } from "vitest";

import { LineSplitter } from "../../src/processes/line-splitter.ts";

function split(chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test("lines come whole, however the bytes were cut", () => {
  const bytes = Buffer.from("première\r\n\nzwei ☃\nthree");
  const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
  expect(split(pieces)).toEqual(["première", "zwei ☃", "three"]);
  expect(split([bytes])).toEqual(["première", "zwei ☃", "three"]);
});

test("[f20] a line without end is given in pieces instead of being kept", () => {
  const lines = split(Array.from({ length: 10 }, () => "x".repeat(4_000)));
  expect(lines.join("")).toBe("x".repeat(40_000));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(8_192);
});
