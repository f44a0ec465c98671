import { expect, test } from "vitest";

import type { FastCGIRequest } from "../src/index.ts";
import { application } from "./support/application.ts";
import type { RequestOptions } from "./support/front-end.ts";
import { post } from "./support/front-end.ts";

/** What a handler sees of a request; the body is read. */
async function seen<Seen>(options: RequestOptions, look: (request: FastCGIRequest) => Seen): Promise<Seen> {
  let result: Seen | undefined;
  const app = await application((request, response) => {
    result = look(request);
    response.end();
  });
  const answer = await (await app.connect()).exchange(7, options);
  expect(answer.appStatus).toBe(0);
  return result!;
}

test("all of a browser's request", async () => {
  const params = {
    REQUEST_METHOD: "POST",
    REQUEST_URI: "/a%2Fb?c=%20",
    SERVER_PROTOCOL: "HTTP/2.0",
    HTTPS: "on",
    HTTP_HOST: "shop.test:8443",
    HTTP_ACCEPT: "*/*",
    HTTP_PROXY: "http://evil.test",
    CONTENT_TYPE: "text/plain",
    CONTENT_LENGTH: "3",
    REMOTE_ADDR: "192.0.2.7",
    REMOTE_PORT: "40000",
    APP_ENV: "prod",
  };
  const result = await seen({ params, stdin: "abc" }, (request) => ({
    id: request.id,
    role: request.role,
    method: request.method,
    url: request.url,
    httpVersion: request.httpVersion,
    scheme: request.scheme,
    host: request.host,
    remoteAddress: request.remoteAddress,
    remotePort: request.remotePort,
    contentLength: request.contentLength,
    complete: request.complete,
    headers: { ...request.headers },
    rawHeaders: request.rawHeaders.toSorted(),
    environment: request.params.get("APP_ENV"),
    same: request.headers === request.headers && request.stdin === request.stdin && request.signal === request.signal,
    prototype: Object.getPrototypeOf(request.headers) as unknown,
  }));
  const headers = { host: "shop.test:8443", accept: "*/*", "content-type": "text/plain", "content-length": "3" };
  expect(result).toEqual({
    id: 7,
    role: "responder",
    method: "POST",
    url: "/a%2Fb?c=%20",
    httpVersion: "2.0",
    scheme: "https",
    host: "shop.test:8443",
    remoteAddress: "192.0.2.7",
    remotePort: 40_000,
    contentLength: 3,
    complete: true,
    headers,
    rawHeaders: Object.entries(headers).flat().toSorted(),
    environment: "prod",
    same: true,
    prototype: null,
  });
});

test("[V22] no Proxy header, whatever its spelling in the params", async () => {
  const headers = await seen({ params: { HTTP_PROXY: "http://evil.test" } }, (request) => ({ ...request.headers }));
  expect(headers).toEqual({});
});

test("[P35] bytes above ASCII stay bytes", async () => {
  const header = await seen({ params: { HTTP_X_NAME: "\u00e9\u0080\u00ff" } }, (request) => request.headers["x-name"]);
  expect(header).toBe("\u00e9\u0080\u00ff");
});

test("a URL without REQUEST_URI is put together", async () => {
  const params = { SCRIPT_NAME: "/app", PATH_INFO: "/x y", QUERY_STRING: "q=1" };
  expect(await seen({ params }, (request) => request.url)).toBe("/app/x%20y?q=1");
});

test.for([
  ["12", 12],
  ["0", 0],
  ["", undefined],
  ["+5", undefined],
  ["5 ", undefined],
  ["0x5", undefined],
  ["1e3", undefined],
  ["99999999999999999999", undefined],
] as const)("a CONTENT_LENGTH of %o is %o", async ([text, expected]) => {
  const params = { ...post(undefined), CONTENT_LENGTH: text };
  expect(await seen({ params, stdin: "x".repeat(12) }, (request) => request.contentLength)).toBe(expected);
});

test("[P76] complete tells a whole upload from a broken one without reading it", async () => {
  expect(await seen({ params: post(3), stdin: "abc" }, (request) => request.complete)).toBe(true);
  expect(await seen({ params: post(4), stdin: "abc" }, (request) => request.complete)).toBe(false);
  expect(await seen({ params: post(0) }, (request) => request.complete)).toBe(true);
});
