import { expect, test } from "vitest";

import { toCGIHead } from "../../src/node/head.ts";

function text(head: string): string {
  return Buffer.from(toCGIHead(head)).toString("latin1");
}

test("the status line becomes Status, and all else stays", () => {
  const head = "HTTP/1.1 404 Not There\r\nContent-Type: text/plain\r\nX-Status: 1\r\n\r\n";
  expect(text(head)).toBe("Status: 404 Not There\r\nContent-Type: text/plain\r\nX-Status: 1\r\n\r\n");
});

test("[C14] fields of the connection, and a second status, are left out", () => {
  const head =
    "HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nA: 1\r\nstatus: 500\r\nUpgrade: h2c\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect(text(head)).toBe("Status: 200 OK\r\nA: 1\r\n\r\n");
});

test("the head is one byte a character", () => {
  expect(text("HTTP/1.1 200 OK\r\nA: \u00e9\r\n\r\n")).toBe("Status: 200 OK\r\nA: \u00e9\r\n\r\n");
});

test("a head that came before is the same again, however many others came meanwhile", () => {
  const heads = Array.from({ length: 40 }, (_, index) => `HTTP/1.1 200 OK\r\nX-Number: ${index % 20}\r\n\r\n`);
  for (const head of [...heads, ...heads.slice(0, 3), ...heads.slice(0, 3)]) {
    expect(text(head)).toBe(head.replace("HTTP/1.1", "Status:"));
  }
});
