import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { fileResponse, xAccelRedirect, xSendfile } from "../src/index.ts";
import { temporaryFolder } from "./support/application.ts";

function file(content: string): string {
  const path = join(temporaryFolder(), "a.txt");
  writeFileSync(path, content);
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  return path;
}

function ask(headers: Record<string, string> = {}, method = "GET"): Request {
  return new Request("http://localhost/a", { method, headers });
}

test("nginx gets a URI, percent-encoded, and the headers that were given", () => {
  const response = xAccelRedirect("/files/a b?c#ü.txt", { headers: { "Content-Type": "text/plain" } });
  expect(response.headers.get("x-accel-redirect")).toBe("/files/a%20b%3Fc%23%C3%BC.txt");
  expect(response.headers.get("content-type")).toBe("text/plain");
  expect(() => xAccelRedirect("files/a")).toThrow('starts with "/"');
});

test("others get a path, byte for byte", () => {
  expect(xSendfile("/srv/ü").headers.get("x-sendfile")).toBe("/srv/\u00c3\u00bc");
  expect(() => xSendfile("a")).toThrow("absolute path");
  expect(() => xSendfile("/a\r\nB: c")).toThrow(TypeError);
});

test("a whole file, with what identifies it", async () => {
  const response = await fileResponse(ask(), file("content"), { headers: { "Content-Type": "text/plain" } });
  expect(Object.fromEntries(response.headers)).toEqual({
    "accept-ranges": "bytes",
    "content-length": "7",
    "content-type": "text/plain",
    etag: '"7-e8d4a51000"',
    "last-modified": "Sun, 09 Sep 2001 01:46:40 GMT",
  });
  expect(await response.text()).toBe("content");
});

test("a large file comes whole, and an empty or a HEAD without a body", async () => {
  const large = "x".repeat(1_000_000);
  expect(await (await fileResponse(ask(), file(large))).text()).toBe(large);
  expect((await fileResponse(ask(), file(""))).body).toBe(null);
  const head = await fileResponse(ask({}, "HEAD"), file("content"));
  expect([head.body, head.headers.get("content-length")]).toEqual([null, "7"]);
});

test.each([
  ["bytes=2-4", 206, "nte", "bytes 2-4/7"],
  ["bytes=-2", 206, "nt", "bytes 5-6/7"],
  ["bytes=-20", 206, "content", "bytes 0-6/7"],
  ["bytes=5-", 206, "nt", "bytes 5-6/7"],
  ["bytes=5-100", 206, "nt", "bytes 5-6/7"],
  ["bytes=7-", 416, "", "bytes */7"],
  ["bytes=-0", 416, "", "bytes */7"],
  ["bytes=4-2", 200, "content", null],
  ["bytes=0-1,3-4", 200, "content", null],
  ["lines=1-2", 200, "content", null],
])("range %s is %i", async (range, status, body, contentRange) => {
  const response = await fileResponse(ask({ range }), file("content"));
  expect([response.status, await response.text(), response.headers.get("content-range")]).toEqual([
    status,
    body,
    contentRange,
  ]);
});

test.each([
  [{ "if-none-match": '"7-e8d4a51000"' }, 304],
  [{ "if-none-match": 'W/"7-e8d4a51000", "x"' }, 304],
  [{ "if-none-match": "*" }, 304],
  [{ "if-none-match": '"x"', "if-modified-since": "Sun, 09 Sep 2001 01:46:40 GMT" }, 200],
  [{ "if-modified-since": "Sun, 09 Sep 2001 01:46:40 GMT" }, 304],
  [{ "if-modified-since": "Sun, 09 Sep 2001 01:46:39 GMT" }, 200],
  [{ "if-modified-since": "yesterday" }, 200],
  [{ range: "bytes=0-1", "if-range": '"x"' }, 200],
  [{ range: "bytes=0-1", "if-range": '"7-e8d4a51000"' }, 206],
])("%j is %i", async (headers, status) => {
  const response = await fileResponse(ask(headers), file("content"));
  expect(response.status).toBe(status);
  await response.body?.cancel();
});

test("what is no file is an error", async () => {
  await expect(fileResponse(ask(), temporaryFolder())).rejects.toThrow("no regular file");
  await expect(fileResponse(ask(), "/nowhere/at/all")).rejects.toMatchObject({ code: "ENOENT" });
});
