import { expect, test } from "vitest";

import { type ResponseFields, fieldLines, statusLine } from "../../src/http1/response-head.ts";

function lines(rawHeaders: string[]): { text: string; found: ResponseFields } {
  const found: ResponseFields = { length: 0, hasDate: true };
  return { text: fieldLines(rawHeaders, found), found };
}

test("lines are the same however often they come", () => {
  for (let time = 0; time < 4; time++) {
    expect(lines(["Content-Type", "text/html", "X-A", "1"]).text).toBe("Content-Type: text/html\r\nX-A: 1\r\n");
  }
});

test("a line that is like the last one at its place but for its name or its value is written as it is", () => {
  for (let time = 0; time < 3; time++) lines(["X-A", "1", "X-B", "2"]);
  expect(lines(["X-A", "2", "X-B", "2"]).text).toBe("X-A: 2\r\nX-B: 2\r\n");
  expect(lines(["X-C", "2", "X-B", "2"]).text).toBe("X-C: 2\r\nX-B: 2\r\n");
  expect(lines(["X-B", "2"]).text).toBe("X-B: 2\r\n");
  expect(lines(["X-A", "1", "X-B", "2"]).text).toBe("X-A: 1\r\nX-B: 2\r\n");
});

test("a length and a date are found each time", () => {
  for (let time = 0; time < 4; time++) {
    expect(lines(["content-length", "5", "DATE", "now"]).found).toEqual({ length: 5, hasDate: true });
    expect(lines(["X-A", "5", "X-B", "now"]).found).toEqual({ length: -1, hasDate: false });
  }
});

test("a second length is refused each time", () => {
  const twice = ["Content-Length", "5", "Content-Length", "5"];
  for (let time = 0; time < 4; time++) expect(() => lines(twice)).toThrow("not one number");
});

test.each([
  ["", "1"],
  ["X A", "1"],
  ["X-A", "1\r\nX-B: 2"],
])("[TG01] what cannot be sent is refused each time: %j: %j", (name, value) => {
  for (let time = 0; time < 3; time++) lines(["X-A", "1"]);
  for (let time = 0; time < 3; time++) expect(() => lines([name, value])).toThrow("cannot be sent");
});

test("more lines and longer ones than are remembered are written, too", () => {
  const many = Array.from({ length: 100 }, (_, at) => [`X-${at}`, "v".repeat(at * 20)]).flat();
  const text = Array.from({ length: 100 }, (_, at) => `X-${at}: ${"v".repeat(at * 20)}\r\n`).join("");
  for (let time = 0; time < 3; time++) expect(lines(many).text).toBe(text);
});

test("a status line has the reason phrase that is given, or the usual one", () => {
  for (let time = 0; time < 2; time++) {
    expect(statusLine(200, "OK")).toBe("HTTP/1.1 200 OK\r\n");
    expect(statusLine(200, "Fine")).toBe("HTTP/1.1 200 Fine\r\n");
    expect(statusLine(200, undefined)).toBe("HTTP/1.1 200 OK\r\n");
    expect(statusLine(404, "")).toBe("HTTP/1.1 404 Not Found\r\n");
    expect(statusLine(599, "")).toBe("HTTP/1.1 599 unknown\r\n");
  }
  expect(() => statusLine(200, "a\nb")).toThrow("reason phrase");
});
