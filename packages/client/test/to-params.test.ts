import { decodeNameValues, encodeNameValues } from "@x/protocol";
import { expect, test } from "vitest";

import type { RequestDescription } from "../src/request-description.ts";
import { toParams } from "../src/to-params.ts";

/** What arrives: latin-1, one character a byte. */
function sent(description: RequestDescription): Record<string, string> {
  return decodeNameValues(encodeNameValues(toParams(description))).toObject();
}

test("[C28] [C29] [C31] a GET of a PHP script, as a web server sends it", () => {
  expect(sent({ path: "/blog/index.php/post%20a?x=%201", root: "/srv/www/" })).toEqual({
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_SOFTWARE: "x-fastcgi",
    REDIRECT_STATUS: "200",
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/blog/index.php/post%20a?x=%201",
    QUERY_STRING: "x=%201",
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_SCHEME: "http",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    REMOTE_ADDR: "127.0.0.1",
    SCRIPT_NAME: "/blog/index.php",
    SCRIPT_FILENAME: "/srv/www/blog/index.php",
    DOCUMENT_ROOT: "/srv/www",
    DOCUMENT_URI: "/blog/index.php/post a",
    PATH_INFO: "/post a",
    PATH_TRANSLATED: "/srv/www/post a",
    HTTP_HOST: "localhost",
  });
});

test("a front controller gets the path in REQUEST_URI, and as PATH_INFO only what is below it", () => {
  const front = { root: "/srv/www", script: "/index.php" };
  expect(sent({ ...front, path: "/blog/post/7?a=b" })).toMatchObject({
    SCRIPT_NAME: "/index.php",
    SCRIPT_FILENAME: "/srv/www/index.php",
    REQUEST_URI: "/blog/post/7?a=b",
    QUERY_STRING: "a=b",
  });
  expect(sent({ ...front, path: "/blog" })).not.toHaveProperty("PATH_INFO");
  expect(sent({ ...front, path: "/index.php/blog" })).toHaveProperty("PATH_INFO", "/blog");
  expect(sent({ ...front, path: "/index.phpx/blog" })).not.toHaveProperty("PATH_INFO");
});

test("an application that is no file: mounted at the top, or at a path", () => {
  expect(sent({ path: "/users/7", script: "" })).toMatchObject({ SCRIPT_NAME: "", PATH_INFO: "/users/7" });
  expect(sent({ path: "/api/users", script: "/api/" })).toMatchObject({ SCRIPT_NAME: "/api", PATH_INFO: "/users" });
  expect(sent({ path: "/api", script: "/api" })).not.toHaveProperty("PATH_INFO");
  for (const name of ["SCRIPT_FILENAME", "DOCUMENT_ROOT", "PATH_TRANSLATED"]) {
    expect(sent({ path: "/users/7", script: "" })).not.toHaveProperty(name);
  }
});

test.each([
  [{ path: "/", root: "/srv" }, "/index.php", "/srv/index.php"],
  [{ path: "/blog/", root: "/" }, "/blog/index.php", "/blog/index.php"],
  [{ path: "/", root: "/srv", index: "app.php" }, "/app.php", "/srv/app.php"],
  [{ path: "/", root: "/srv", index: "" }, "/", "/srv/"],
  [{ path: "/a.PHP/", root: "/srv" }, "/a.PHP", "/srv/a.PHP"],
  [{ path: "/app", root: "/srv" }, "/app", "/srv/app"],
  [{ path: "/a.php", root: "/srv", scriptFilename: "/opt/b.php" }, "/a.php", "/opt/b.php"],
])("%j runs %s", (description, name, file) => {
  expect(sent(description)).toMatchObject({ SCRIPT_NAME: name, SCRIPT_FILENAME: file });
});

test("text leaves as UTF-8, header values as they are", () => {
  const params = sent({ path: "/é.php?ü", root: "/srv/ö", headers: { "X-Name": "\xe9" } });
  expect(Buffer.from(params["SCRIPT_FILENAME"]!, "latin1").toString()).toBe("/srv/ö/é.php");
  expect(Buffer.from(params["QUERY_STRING"]!, "latin1").toString()).toBe("ü");
  expect(params["HTTP_X_NAME"]).toBe("\xe9");
});

test.each([
  ["an object", { "X-A": ["1", "2"], "X-B": undefined, Cookie: ["a=1", "b=2"] }],
  [
    "pairs",
    [
      ["X-A", "1"],
      ["X-A", "2"],
      ["Cookie", "a=1"],
      ["Cookie", "b=2"],
    ] as const,
  ],
  ["names and values in turn", ["X-A", "1", "X-A", "2", "Cookie", "a=1", "Cookie", "b=2"]],
  [
    "Headers",
    new Headers([
      ["X-A", "1"],
      ["X-A", "2"],
      ["Cookie", "a=1"],
      ["Cookie", "b=2"],
    ]),
  ],
])("headers as %s", (_, headers) => {
  expect(sent({ path: "/", headers })).toMatchObject({ HTTP_X_A: "1, 2", HTTP_COOKIE: "a=1; b=2" });
});

test("[V22] headers that an application must not see as variables are left out", () => {
  const params = sent({
    path: "/",
    headers: { Proxy: "evil", "Redirect-Status": "1", X_Forged: "1", Connection: "x-a", "X-A": "1" },
  });
  for (const name of ["HTTP_PROXY", "HTTP_REDIRECT_STATUS", "HTTP_X_FORGED", "HTTP_X_A"]) {
    expect(params).not.toHaveProperty(name);
  }
});

test("host, port and scheme", () => {
  expect(sent({ path: "/", headers: { host: "shop.test:8080" } })).toMatchObject({
    SERVER_NAME: "shop.test",
    SERVER_PORT: "8080",
    HTTP_HOST: "shop.test:8080",
  });
  expect(sent({ path: "/", scheme: "https", headers: { Host: "[::1]" } })).toMatchObject({
    SERVER_NAME: "[::1]",
    SERVER_PORT: "443",
    HTTPS: "on",
  });
});

test.each([
  ["name=é", { CONTENT_LENGTH: "7" }],
  [new Uint8Array(3), { CONTENT_LENGTH: "3" }],
  [new Blob(["{}"], { type: "application/json" }), { CONTENT_LENGTH: "2", CONTENT_TYPE: "application/json" }],
  [
    new URLSearchParams({ a: "é" }),
    { CONTENT_LENGTH: "8", CONTENT_TYPE: "application/x-www-form-urlencoded;charset=UTF-8" },
  ],
])("[C28] a body makes it a POST with its exact length: %s", (body, told) => {
  expect(sent({ path: "/", body })).toMatchObject({ REQUEST_METHOD: "POST", ...told });
});

test("a stream's length is told by contentLength or the header, or not at all", () => {
  const body = new ReadableStream();
  expect(sent({ path: "/", body })).not.toHaveProperty("CONTENT_LENGTH");
  expect(sent({ path: "/", body, contentLength: 5 })).toHaveProperty("CONTENT_LENGTH", "5");
  expect(sent({ path: "/", body, headers: { "content-length": "6" } })).toHaveProperty("CONTENT_LENGTH", "6");
});

test("own params win, undefined ones are none; an authorizer lacks what it must not have", () => {
  const params = { HTTPS: "on", APP_ENV: "test", NONE: undefined, SERVER_NAME: "own" };
  expect(sent({ path: "/", params })).toMatchObject({ HTTPS: "on", APP_ENV: "test", SERVER_NAME: "own" });
  expect(sent({ path: "/", params })).not.toHaveProperty("NONE");
  const authorizer = sent({ path: "/a.php/b", root: "/srv", role: "authorizer", body: "x" });
  for (const name of ["CONTENT_LENGTH", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME"]) {
    expect(authorizer).not.toHaveProperty(name);
  }
});

test("query in any form", () => {
  for (const query of ["?a=1", "a=1", new URLSearchParams("a=1"), { a: 1 }]) {
    expect(sent({ path: "/x", query })).toMatchObject({ QUERY_STRING: "a=1", REQUEST_URI: "/x?a=1" });
  }
  expect(sent({ path: "/x?" })).toMatchObject({ QUERY_STRING: "", REQUEST_URI: "/x?" });
});

test.each([
  [{ path: "x" }, 'has to begin with "/"'],
  [{ path: "/../x" }, 'hold no ".."'],
  [{ path: "/%2e%2e/x" }, 'hold no ".."'],
  [{ path: "/%00" }, "no control character"],
  [{ path: "/%zz" }, "has a % that begins no %XX"],
  [{ path: "/a?b", query: "c" }, "not in both"],
  [{ path: "/", root: "www" }, "is not absolute"],
  [{ path: "/", script: "index.php" }, 'has to begin with "/"'],
  [{ path: "/", script: "/../index.php" }, 'hold no ".."'],
  [{ path: "/", headers: { "X-A": "1\r\nX-B: 2" } }, "line break"],
  [{ path: "/", headers: { "X A": "1" } }, "no name of a header"],
  [{ path: "/", headers: ["X-A"] }, "has no value"],
  [{ path: "/", contentLength: -1 }, "contentLength is a number of bytes"],
  [{ path: "/", headers: { "content-length": "1e3" } }, "Content-Length is no number"],
  [{ path: "/", body: "abc", headers: { "content-length": "4" } }, "The body has 3 bytes"],
])("%j is refused: %s", (description, message) => {
  expect(() => toParams(description as RequestDescription)).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT", message: expect.stringContaining(message) as string }),
  );
});
