import { expect, test, vi } from "vitest";

import { HostileSite } from "../support/hostile-site.ts";

// Many connections, and the machine may have other things to do.
vi.setConfig({ testTimeout: 120_000 });

const BODY = "HTTP/1.1 200 OK\r\n\r\nforged";

/** By row: what an application answers that no application may. */
const ROWS: readonly (readonly [id: string, outputs: readonly string[]])[] = [
  ["[TG01]", ["Content-Type: a/b\r\nX: a\rb\r\n\r\n", "Content-Type: a/b\r\n c\r\n\r\n", "Content-Type: a\n\tb\n\n"]],
  ["[TG02]", ["abc", "0", "99", "1000", "600", "200\0", "20", "-200", "2OO"].map((it) => `Status: ${it}\r\n\r\n`)],
  ["[TG02]", ["Status: 200\r\nStatus: 404\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n"]],
  ["[TG03]", ["100", "101 Switching Protocols", "102"].map((it) => `Status: ${it}\r\n\r\n`)],
  ["[TG04]", ["1\r\nContent-Length: 2", "3, 4"].map((it) => `Content-Type: a/b\r\nContent-Length: ${it}\r\n\r\n`)],
  [
    "[TG09]",
    ["X Y: 1", ": 1", "X\x00Y: 1", "X: a\x00b", "X: a\x01b", "X: \x7f", "nonsense"].map(
      (it) => `Status: 200\r\n${it}\r\n\r\n`,
    ),
  ],
  ["[TG17]", [`Status: 200\r\n${"X: y\r\n".repeat(200)}\r\n`, `Status: 200\r\nX: ${"y".repeat(65_536)}\r\n\r\n`]],
  ["[TG19]", ["X-A: b\r\n\r\n", "\r\n", "Content-Type: text/html\r\nX:\ry\r\n\r\n", "<html>\r\n\r\n"]],
];

test("an answer that no application may give is 502, over both versions of HTTP; nothing of it goes out, and others go on", async () => {
  let output = "";
  const site = await HostileSite.start((request) => request.end(output));
  for (const [id, outputs] of ROWS) {
    for (const it of outputs) {
      const what = `${id} ${JSON.stringify(it.slice(0, 60))}`;
      output = it + BODY;
      // The connection goes on: what follows is the answer to the next request.
      const next = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      const answer = await site.ask(`GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
      expect(answer, what).toMatch(/^HTTP\/1\.1 502 [^]*HTTP\/1\.1 200 OK\r\n[^]*fine$/);
      expect(answer.match(/HTTP\/1\.1 /g), what).toHaveLength(2);
      const { status, body } = await site.askH2([":path", "/app/"]);
      expect(status, what).toBe(502);
      expect(answer + body, what).not.toContain("forged");
      await site.othersAreFine(what);
    }
  }
});

test("[TG07] [TG08] [TG14] [TG15] what is between application and gateway does not go out, and a client orders nothing", async () => {
  const dropped = [
    ...[
      "Connection: X-Named",
      "X-Named: 1",
      "Keep-Alive: 5",
      "Proxy-Connection: x",
      "Proxy-Authenticate: Basic",
      "Upgrade: x",
    ],
    ...[
      "Trailer: X",
      "TE: x",
      "Transfer-Encoding: chunked",
      "X-Accel-Expires: 1",
      "X-Sendfile: /etc/passwd",
      "X-Accel-Redirect: /a.txt",
    ],
  ];
  const site = await HostileSite.start((request) =>
    request.end(`Status: 200\r\nX-Kept: yes\r\n${dropped.join("\r\n")}\r\n\r\nplain`),
  );
  const answer = await site.ask(
    "GET /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Sendfile: /etc/passwd\r\nX-Accel-Redirect: /a.txt\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*plain(?:\r\n0\r\n\r\n)?$/);
  const names = [...answer.split("\r\n\r\n")[0]!.matchAll(/^([\w-]+):/gm)].map(([, name = ""]) => name.toLowerCase());
  expect(names.toSorted()).toEqual(["connection", "content-length", "date", "x-kept"]);
  expect(await site.askH2([":path", "/app/"], ["x-sendfile", "/etc/passwd"])).toMatchObject({ status: 200 });
  await site.othersAreFine("");
});
