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
