import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { addMetaVariables } from "../../src/cgi/meta-variables.ts";
import { toRequestHead } from "../../src/cgi/request-head.ts";
import type { RequestHead } from "../../src/cgi/request-head.ts";
import { decodeNameValues, encodeNameValues } from "../../src/name-values.ts";
import { ParamList } from "../../src/param-list.ts";
import { fields } from "./heads.ts";

function headOf(params: Record<string, string>): RequestHead {
  return toRequestHead(decodeNameValues(encodeNameValues(params)));
}

test("reads what nginx sends", () => {
  expect(
    headOf({
      SCRIPT_FILENAME: "/srv/app",
      QUERY_STRING: "a=%20b",
      REQUEST_METHOD: "POST",
      CONTENT_TYPE: "text/plain",
      CONTENT_LENGTH: "5",
      SCRIPT_NAME: "/p/\xc3\xa9",
      REQUEST_URI: "/p/%C3%A9?a=%20b",
      DOCUMENT_URI: "/p/\xc3\xa9",
      DOCUMENT_ROOT: "/srv",
      SERVER_PROTOCOL: "HTTP/1.1",
      REQUEST_SCHEME: "https",
      HTTPS: "on",
      GATEWAY_INTERFACE: "CGI/1.1",
      SERVER_SOFTWARE: "nginx/1.22.1",
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "51234",
      SERVER_ADDR: "10.0.0.1",
      SERVER_PORT: "443",
      SERVER_NAME: "example.org",
      REDIRECT_STATUS: "200",
      HTTP_HOST: "example.org",
      HTTP_CONTENT_TYPE: "text/plain",
      HTTP_CONTENT_LENGTH: "5",
      HTTP_X_FORWARDED_FOR: "::1",
      HTTP_X_EMPTY: "",
      HTTP_CONNECTION: "keep-alive",
    }),
  ).toEqual({
    method: "POST",
    url: "/p/%C3%A9?a=%20b",
    httpVersion: "1.1",
    rawHeaders: fields(
      "content-type: text/plain",
      "content-length: 5",
      "host: example.org",
      "x-forwarded-for: ::1",
      "x-empty:",
    ),
    scheme: "https",
    host: "example.org",
    remoteAddress: "192.0.2.7",
    remotePort: 51_234,
    contentLength: 5,
  });
});

test("makes do with nothing", () => {
  expect(headOf({})).toEqual({
    method: "GET",
    url: "/",
    httpVersion: "1.1",
    rawHeaders: [],
    scheme: "http",
    host: "localhost",
    remoteAddress: undefined,
    remotePort: undefined,
    contentLength: undefined,
  });
});

describe("url", () => {
  test.each(["/a?b", "http://example.org/a", "*", "/%zz", "//a/../b?"])(
    "[C31] REQUEST_URI %j stays as received",
    (url) => {
      expect(headOf({ REQUEST_URI: url, SCRIPT_NAME: "/other", QUERY_STRING: "x" }).url).toBe(url);
    },
  );

  test.each([
    [{ SCRIPT_NAME: "/a.cgi", PATH_INFO: "/b", QUERY_STRING: "c=%20d" }, "/a.cgi/b?c=%20d"],
    [{ SCRIPT_NAME: "", PATH_INFO: "", QUERY_STRING: "" }, "/"],
    [{ REQUEST_URI: "", PATH_INFO: "/x" }, "/x"],
    [{ SCRIPT_NAME: "a" }, "/a"],
    [{ QUERY_STRING: "a" }, "/?a"],
    [{ SCRIPT_NAME: "/a b?c#d%20", PATH_INFO: '/\xc3\xa9\r\n\\"<>' }, "/a%20b%3Fc%23d%2520/%C3%A9%0D%0A%5C%22%3C%3E"],
  ])("[C31] %j without REQUEST_URI is %j", (params, url) => {
    expect(headOf(params).url).toBe(url);
  });
});

test.each([
  ["HTTP/1.0", "1.0"],
  ["HTTP/2.0", "2.0"],
  ["HTTP/2", "2"],
  ["HTTP/1.1x", "1.1"],
  ["INCLUDED", "1.1"],
  ["", "1.1"],
])("SERVER_PROTOCOL %j is version %s", (protocol, version) => {
  expect(headOf({ SERVER_PROTOCOL: protocol }).httpVersion).toBe(version);
});

test.each([
  [{ HTTPS: "on" }, "https"],
  [{ HTTPS: "1" }, "https"],
  [{ HTTPS: "off" }, "http"],
  [{ HTTPS: "OFF", REQUEST_SCHEME: "https" }, "http"],
  [{ HTTPS: "" }, "http"],
  [{ HTTPS: "", REQUEST_SCHEME: "https" }, "https"],
  [{ REQUEST_SCHEME: "https" }, "https"],
  [{ REQUEST_SCHEME: "ftp" }, "http"],
  [{ HTTP_HTTPS: "on" }, "http"],
])("%j is %s", (params, scheme) => {
  expect(headOf(params).scheme).toBe(scheme);
});

test.each([
  [{ HTTP_HOST: "a:81", SERVER_NAME: "b", SERVER_PORT: "80" }, "a:81"],
  [{ HTTP_HOST: "a\r\nb", SERVER_NAME: "b", SERVER_PORT: "80" }, "b"],
  [{ HTTP_HOST: "evil/path?", SERVER_NAME: "b" }, "b"],
  [{ HTTP_HOST: "user@evil", SERVER_NAME: "a b" }, "localhost"],
  [{ HTTP_HOST: "caf\xe9", SERVER_NAME: "b" }, "b"],
  [{ SERVER_NAME: "b", SERVER_PORT: "8080" }, "b:8080"],
  [{ SERVER_NAME: "b", SERVER_PORT: "443", HTTPS: "on" }, "b"],
  [{ SERVER_NAME: "b", SERVER_PORT: "80", HTTPS: "on" }, "b:80"],
  [{ SERVER_NAME: "::1", SERVER_PORT: "81" }, "[::1]:81"],
  [{ SERVER_NAME: "[::1]", SERVER_PORT: "x" }, "[::1]"],
])("the host of %j is %s", (params, host) => {
  expect(headOf(params).host).toBe(host);
});

test.each(["", "-1", "5x", "+5", "1e3", "9".repeat(20)])(
  "[C17] [V28] CONTENT_LENGTH %j says nothing, and is no header",
  (text) => {
    expect(headOf({ CONTENT_LENGTH: text, CONTENT_TYPE: "" })).toMatchObject({
      contentLength: undefined,
      rawHeaders: [],
    });
  },
);

test.each(["", "x", "65536", "-1"])("REMOTE_PORT %j says nothing", (port) => {
  expect(headOf({ REMOTE_PORT: port, REMOTE_ADDR: "unix:" })).toMatchObject({
    remotePort: undefined,
    remoteAddress: "unix:",
  });
});

test("[TE04] [V22] HTTP_PROXY is dropped, and what else is no header", () => {
  expect(
    headOf({
      HTTP_PROXY: "http://evil",
      HTTP_REDIRECT_STATUS: "200",
      HTTP_TRANSFER_ENCODING: "chunked",
      HTTP_a: "b",
      HTTPX: "c",
    }).rawHeaders,
  ).toEqual([]);
});

test.each(["a\rb", "a\nb", "a\0b"])("[C20] [V27] the value %j is dropped: Headers would throw", (value) => {
  const bytes = Uint8Array.from([6, 3, ...Array.from(`HTTP_X${value}`, (character) => character.charCodeAt(0))]);
  expect(toRequestHead(decodeNameValues(bytes)).rawHeaders).toEqual([]);
});

test("[V14] any params give a head, and headers that Headers takes", () => {
  const names =
    "HTTP_HOST HTTP_X HTTP_PROXY CONTENT_LENGTH CONTENT_TYPE REQUEST_URI HTTPS SERVER_NAME SERVER_PORT toString __proto__";
  const name = fc.oneof(
    fc.constantFrom(...names.split(" ")),
    fc.string({ maxLength: 12 }).map((text) => `HTTP_${text}`),
  );
  const bytes = fc.uint8Array({ maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          name.filter((text) => /^[\x01-\xff]+$/.test(text)),
          bytes,
        ),
        { maxLength: 8 },
      ),
      (pairs) => {
        const head = toRequestHead(decodeNameValues(encodeNameValues(pairs)));
        const headers = new Headers();
        for (let at = 0; at < head.rawHeaders.length; at += 2) {
          headers.append(head.rawHeaders[at] as string, head.rawHeaders[at + 1] as string);
        }
        expect(headers.has("proxy")).toBe(false);
        expect(head.host).toMatch(/^[!-~]+$/);
      },
    ),
    { numRuns: 500 },
  );
});

test("[C30] headers that a gateway turned into params come back, in lower case", () => {
  const header = fc.tuple(fc.stringMatching(/^x-[a-z0-9-]{1,8}$/), fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,12}$/));
  fc.assert(
    fc.property(fc.uniqueArray(header, { selector: ([name]) => name, maxLength: 12 }), (headers) => {
      const params = new ParamList();
      addMetaVariables(params, {
        method: "PUT",
        requestUri: "/a?b",
        queryString: "b",
        protocol: "HTTP/1.0",
        scheme: "https",
        serverName: "s",
        serverPort: 1,
        remoteAddress: "r",
        remotePort: 2,
        scriptName: "/a",
        contentLength: 3,
        rawHeaders: ["Host", "h", "Content-Type", "t", ...headers.flat()],
      });
      const head = toRequestHead(decodeNameValues(encodeNameValues(params)));
      expect(head).toMatchObject({
        method: "PUT",
        url: "/a?b",
        httpVersion: "1.0",
        scheme: "https",
        host: "h",
        remoteAddress: "r",
      });
      expect(head).toMatchObject({ remotePort: 2, contentLength: 3 });
      expect(head.rawHeaders).toEqual(["content-length", "3", "host", "h", "content-type", "t", ...headers.flat()]);
    }),
  );
});

test("[C31] of a name that comes twice the last value counts, whatever the first was", () => {
  const rawHeadersOf = (...pairs: [string, string][]): string[] =>
    toRequestHead(decodeNameValues(encodeNameValues(pairs))).rawHeaders;
  expect(rawHeadersOf(["HTTP_A", "a"], ["HTTP_B", "b"], ["HTTP_A", "c"])).toEqual(["a", "c", "b", "b"]);
  expect(rawHeadersOf(["HTTP_A", "b"], ["HTTP_B", "x"])).toEqual(["a", "b", "b", "x"]);
  expect(rawHeadersOf(["HTTP_A", "a"], ["HTTP_A", "in\nvalid"])).toEqual([]);
  expect(rawHeadersOf(["CONTENT_TYPE", "text/plain"], ["CONTENT_TYPE", ""])).toEqual([]);
  const many = Array.from({ length: 200 }, (_, index): [string, string] => [`HTTP_N${index}`, "v"]);
  expect(rawHeadersOf(...many, ["HTTP_N0", "w"]).slice(0, 4)).toEqual(["n0", "w", "n1", "v"]);
  expect(rawHeadersOf(...many)).toHaveLength(400);
});
