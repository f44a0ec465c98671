import fc from "fast-check";
import { expect, test } from "vitest";

import { StatusLineRewriter } from "../../src/cgi/status-line.ts";

function rewrite(text: string, cuts: readonly number[] = []): string {
  const rewriter = new StatusLineRewriter();
  const bytes = Buffer.from(text, "latin1");
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const pieces = at.slice(1).map((end, index) => rewriter.push(bytes.subarray(at[index], end)));
  return Buffer.concat([...pieces, rewriter.end()]).toString("latin1");
}

test.each([
  ["HTTP/1.1 200 OK\r\nA: b\r\n\r\nx", "Status: 200 OK\r\nA: b\r\n\r\nx"],
  ["HTTP/1.0 404\nA: b\n\nx", "Status: 404\r\nA: b\n\nx"],
  ["HTTP/2 200\r\n", "HTTP/2 200\r\n"],
  ["Content-Type: a/b\r\n\r\n", "Content-Type: a/b\r\n\r\n"],
  ["no line", "no line"],
  ["", ""],
])("[C33] %j becomes %j, in pieces of any size", (text, expected) => {
  fc.assert(fc.property(fc.array(fc.nat(40)), (cuts) => rewrite(text, cuts) === expected));
});

test("holds no more than a line back", () => {
  const rewriter = new StatusLineRewriter();
  expect(rewriter.push(Buffer.alloc(5_000, "x"))).toHaveLength(0);
  expect(rewriter.push(Buffer.alloc(5_000, "x"))).toHaveLength(10_000);
});
