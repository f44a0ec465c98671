import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { expect, onTestFinished, test } from "vitest";

import { formatAccess } from "../../src/access-log/format.ts";
import type { AccessRecord } from "../../src/access-log/logged-response.ts";
import { createProxyServer } from "../../src/server.ts";
import { RawClient } from "../support/raw-client.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";

/** A server with small limits; its access log; and clients for it. */
async function start(
  timeouts: object,
): Promise<{ records: AccessRecord[]; backend: ScriptedBackend; client: () => RawClient }> {
  const records: AccessRecord[] = [];
  const listener = (message: unknown): void => void records.push(message as AccessRecord);
  subscribe("fastcgi:proxy:access", listener);
  onTestFinished(() => void unsubscribe("fastcgi:proxy:access", listener));
  const backend = await ScriptedBackend.listen((request) => request.end("Status: 200\r\n\r\nok"));
  const server = createProxyServer({
    listen: ["127.0.0.1:0"],
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app" } }],
    limits: { body: 10, headerBytes: 500, headerLines: 5, target: 100 },
    timeouts,
  });
  onTestFinished(() => server.destroy());
  const [address] = await server.listen();
  return { records, backend, client: () => new RawClient(address?.port ?? 0) };
}

const host = "Host: a\r\n";
const long = "x".repeat(4_000);

const cases: readonly [title: string, sent: readonly string[], line: string, status: number][] = [
  ["no method", [`\x16\x03\x01 hello\r\n`], String.raw`\x16\x03\x01 hello`, 400],
  ["two spaces and a quote", [`GET  /" HTTP/1.1\r\n${host}\r\n`], String.raw`GET  /\" HTTP/1.1`, 400],
  ["a header without a name", [`GET /a HTTP/1.1\r\n: b\r\n\r\n`], "GET /a HTTP/1.1", 400],
  ["a request line in pieces", ["GET /b", "c HTTP/1.", `1\r\nBad Name: x\r\n\r\n`], "GET /bc HTTP/1.1", 400],
  ["another version", [`GET /a HTTP/2.0\r\n${host}\r\n`], "GET /a HTTP/2.0", 505],
  ["an unknown method", [`FLY /a HTTP/1.1\r\n${host}\r\n`], "FLY /a HTTP/1.1", 501],
  ["CONNECT", [`CONNECT a:443 HTTP/1.1\r\n${host}\r\n`], "CONNECT a:443 HTTP/1.1", 405],
  [
    "two lengths",
    [`POST /a HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    "POST /a HTTP/1.1",
    400,
  ],
  ["a target that never ends", [`GET /${long}`], `GET /${long.slice(0, 2_043)}`, 414],
  ["headers that never end", [`GET /a HTTP/1.1\r\n${host}A: ${long}`], "GET /a HTTP/1.1", 431],
  ["a head that does not come in time", ["GET /slow HT"], "GET /slow HT", 408],
  [
    "a body that does not come in time",
    [`POST /a HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nab`],
    "POST /a HTTP/1.1",
    408,
  ],
  ["a bad chunk", [`POST /a HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`], "POST /a HTTP/1.1", 400],
  ["a body that is too large", [`POST /a HTTP/1.1\r\n${host}Content-Length: 50\r\n\r\n`], "POST /a HTTP/1.1", 413],
];

for (const [title, sent, line, status] of cases) {
  test(`[TA29] ${title}: ${status} in the access log, as in nginx's`, async () => {
    const { records, backend, client } = await start(status === 408 ? { requestHead: 200, request: 200 } : {});
    const asking = client();
    for (const piece of sent) {
      asking.write(piece);
      // So that they come apart: the server has read the piece when a request of another client is answered.
      await client().write(`GET /other HTTP/1.0\r\n${host}\r\n`).closed();
    }
    const answer = await asking.closed();
    const [head, body = ""] = answer.split("\r\n\r\n");
    expect(head).toContain(`HTTP/1.1 ${status} `);
    const refused = records.filter(({ request }) => !request.target.includes("/other"));
    const others = records.length - refused.length;
    expect(refused.map((record) => formatAccess(record, "common", 0).replace(/^.*\] /, ""))).toEqual([
      `"${line}" ${status} ${body.length}`,
    ]);
    expect(refused[0]?.complete).toBe(true);
    const json = JSON.parse(formatAccess(refused[0] as AccessRecord, "json", 0)) as Record<string, unknown>;
    expect(json).toMatchObject({ status, client: "127.0.0.1", complete: true });
    expect(backend.requests).toHaveLength(others);
  });
}
