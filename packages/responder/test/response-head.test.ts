import { expect, test } from "vitest";

import { responseHead } from "../src/response-head.ts";

const text = (...head: Parameters<typeof responseHead>): string =>
  Buffer.from(responseHead(...head)).toString("latin1");

test("a head that is asked for again is the same one, another one is not", () => {
  const raw = ["Content-Type", "text/plain", "X-A", "1"];
  expect(responseHead(200, raw)).toBe(responseHead(200, [...raw]));
  expect(text(200, raw)).toBe("Status: 200 OK\r\nContent-Type: text/plain\r\nX-A: 1\r\n\r\n");
  expect(text(201, raw)).toContain("Status: 201 Created\r\n");
  expect(text(200, raw, "Fine")).toContain("Status: 200 Fine\r\n");
  expect(text(200, ["Content-Type", "text/plain", "X-A", "2"])).toContain("X-A: 2\r\n");
  expect(text(200, ["Content-Type", "text/plain"])).not.toContain("X-A");
});

test("what the caller does to its list afterwards changes nothing", () => {
  const raw = ["X-Mine", "before"];
  responseHead(200, raw);
  raw[1] = "after";
  expect(text(200, raw)).toContain("X-Mine: after");
  expect(text(200, ["X-Mine", "before"])).toContain("X-Mine: before");
});

test("more heads than are kept, and heads too large to keep", () => {
  for (let round = 0; round < 3; round++) {
    for (let number = 0; number < 40; number++)
      expect(text(200, ["X-Number", String(number)])).toContain(`: ${number}\r\n`);
  }
  const large = ["X-Large", "x".repeat(2_000)];
  expect(responseHead(200, large)).not.toBe(responseHead(200, large));
});

test("[TF32] a head that is refused is refused every time", () => {
  for (let time = 0; time < 2; time++) expect(() => responseHead(200, ["X-A", "1\r\n"])).toThrow("X-A");
});
