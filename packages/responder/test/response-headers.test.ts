import { expect, test } from "vitest";

import { toRawHeaders } from "../src/response-headers.ts";

test.for([
  ["an object", { "X-A": "1", "X-N": 2, "Set-Cookie": ["a=1", "b=2"], "X-None": undefined }],
  [
    "pairs",
    [
      ["X-A", "1"],
      ["X-N", "2"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ] as [string, string][],
  ],
  ["a flat list", ["X-A", "1", "X-N", "2", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]],
] as const)("[C19] takes %s, and keeps order and duplicates", ([, headers]) => {
  expect(toRawHeaders(headers)).toEqual(["X-A", "1", "X-N", "2", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]);
});

test("takes Headers and a Map", () => {
  const headers = new Headers({ "x-a": "1" });
  headers.append("set-cookie", "a=1");
  headers.append("set-cookie", "b=2");
  expect(toRawHeaders(headers)).toEqual(["set-cookie", "a=1", "set-cookie", "b=2", "x-a", "1"]);
  expect(toRawHeaders(new Map([["X-A", "1"]]))).toEqual(["X-A", "1"]);
});

test("[C14] leaves out what belongs to the web server's connection", () => {
  const names = ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "TRANSFER-ENCODING", "Upgrade"];
  expect(toRawHeaders(names.flatMap((name) => [name, "x"]))).toEqual([]);
});

test("refuses a flat list that ends with a name", () => {
  expect(() => toRawHeaders(["X-A", "1", "X-B"])).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
  );
});

test("takes no headers in any shape", () => {
  expect([toRawHeaders({}), toRawHeaders([]), toRawHeaders(new Headers())]).toEqual([[], [], []]);
});
