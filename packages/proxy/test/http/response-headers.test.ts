import { expect, test } from "vitest";

import { cleanResponseHeaders } from "../../src/http/response-headers.ts";

test.each<[string, string[], string[]]>([
  [
    "[TG08] hop-by-hop headers go",
    [
      "Connection",
      "close",
      "Keep-Alive",
      "x",
      "Proxy-Authenticate",
      "x",
      "Proxy-Connection",
      "x",
      "TE",
      "x",
      "Trailer",
      "x",
      "Upgrade",
      "x",
      "A",
      "1",
    ],
    ["A", "1"],
  ],
  ["[TG07] Transfer-Encoding goes", ["TRANSFER-ENCODING", "chunked", "Content-Length", "5"], ["Content-Length", "5"]],
  [
    "[TG08] so do those that Connection names",
    ["X-A", "1", "Connection", "x-a, X-B", "X-B", "2", "X-C", "3"],
    ["X-C", "3"],
  ],
  [
    "[TG08] Connection cannot take the length away",
    ["Connection", "content-length, Content-Type", "Content-Length", "5", "Content-Type", "a/b"],
    ["Content-Length", "5", "Content-Type", "a/b"],
  ],
  [
    "[TG13][TG15] orders to a web server go",
    [
      "X-Accel-Redirect",
      "/etc/passwd",
      "x-accel-buffering",
      "no",
      "X-Sendfile",
      "/x",
      "X-LIGHTTPD-send-file",
      "/x",
      "X",
      "1",
    ],
    ["X", "1"],
  ],
  ["[C34] X-CGI-* goes", ["X-CGI-Client-Content-Length", "1", "X-Powered-By", "PHP"], ["X-Powered-By", "PHP"]],
  [
    "[TG16] repeated headers stay apart and in order",
    ["Set-Cookie", "a", "X", "1", "Set-Cookie", "b", "set-cookie", "c"],
    ["Set-Cookie", "a", "X", "1", "Set-Cookie", "b", "set-cookie", "c"],
  ],
  ["[TG10] bytes from 0x80 on stay", ["X", "\xe4\xff"], ["X", "\xe4\xff"]],
])("%s", (_title, rawHeaders, expected) => {
  expect(cleanResponseHeaders(rawHeaders, 200)).toEqual(expected);
});

test("[TG11] 204 and 205 have no Content-Length of the application's", () => {
  expect(cleanResponseHeaders(["Content-Length", "0", "A", "1"], 204)).toEqual(["A", "1"]);
  expect(cleanResponseHeaders(["Content-Length", "5", "A", "1"], 205)).toEqual(["A", "1"]);
  expect(cleanResponseHeaders(["Content-Length", "7", "A", "1"], 304)).toEqual(["Content-Length", "7", "A", "1"]);
});

test.each(
  "Connection Keep-Alive Proxy-Authenticate Proxy-Authentication-Info Proxy-Authorization Proxy-Connection TE Trailer Transfer-Encoding Upgrade X-Sendfile X-Sendfile2 X-LIGHTTPD-send-file X-Reproxy-URL Reproxy X-Accel-Redirect X-Accel-Buffering X-CGI-A".split(
    " ",
  ),
)("[TG08][TG13] %s goes in any spelling", (name) => {
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
    expect(cleanResponseHeaders(["A", "1", spelling, "x", "B", "2"], 200)).toEqual(["A", "1", "B", "2"]);
});

test("headers that only look like those stay", () => {
  const kept = [
    "Cookie-Two!",
    "1",
    "X-Powered-By",
    "2",
    "X-Accelerator",
    "3",
    "Retry-After",
    "4",
    "Tk",
    "5",
    "Pragma",
    "6",
  ];
  expect(cleanResponseHeaders([...kept], 200)).toEqual(kept);
});
