import { expect, test } from "vitest";

import { encodeStart, toCGIHead } from "../../src/node/head.ts";

test("the status line becomes Status, and all else stays", () => {
  const head = "HTTP/1.1 404 Not There\r\nContent-Type: text/plain\r\nX-Status: 1\r\n\r\n";
  expect(toCGIHead(head)).toBe("Status: 404 Not There\r\nContent-Type: text/plain\r\nX-Status: 1\r\n\r\n");
});

test("[C14] fields of the connection, and a second status, are left out", () => {
  const head =
    "HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nA: 1\r\nstatus: 500\r\nUpgrade: h2c\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect(toCGIHead(head)).toBe("Status: 200 OK\r\nA: 1\r\n\r\n");
});

test("the head is one byte a character whatever the body is encoded in", () => {
  const bytes = encodeStart("A: \u00e9\r\n\r\n", "\u00e9", "utf8");
  expect(Buffer.from(bytes).toString("hex")).toBe("413a20e90d0a0d0ac3a9");
});
