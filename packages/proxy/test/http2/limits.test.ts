import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  GET,
  GOAWAY,
  H2Client,
  HEADERS,
  PING,
  POST,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  asking,
  encode,
  frame,
  literal,
  number,
} from "../support/h2-client.ts";
import { HEAD, type ServedH2, serveH2 } from "../support/h2-server.ts";
import { pass, passing } from "../support/moved-clock.ts";
import { eventually } from "../support/open-files.ts";

/** With a clock that is moved by hand: no busy machine reaches one of these by itself. */
const QUICK: Partial<ProxyConfig> = {
  timeouts: { requestHead: 20_000, keepAlive: 20_000, response: 40_000, requestBody: 40_000 },
};

/** Another client is served as if nothing had been. */
async function isUnharmed({ port }: ServedH2): Promise<void> {
  const good = await H2Client.connect(port);
  expect(await good.headers(1, asking([":path", "/good"])).status(1)).toBe(200);
}

describe("what is too large", () => {
  test("[TB13] [Q6] is 431, or ends its stream", async () => {
    const served = await serveH2((request) => request.end(HEAD));
    const status = async (fields: readonly (readonly [string, string])[]): Promise<number | string> =>
      (await H2Client.connect(served.port)).headers(1, fields).status(1);
    const large = (count: number, length: number): (readonly [string, string])[] =>
      Array.from({ length: count }, (_, at) => [`x-${at}`, "x".repeat(length)] as const);
    expect(await status(asking(...large(2, 7_000)))).toBe(200);
    expect(await status(asking(...large(2, 8_200)))).toBe(431);
    expect(await status(asking(...large(100, 1)))).toBe(431);
    expect([431, "RST 11"]).toContain(await status(asking(...large(5, 15_000))));
    expect([431, "RST 11"]).toContain(await status(asking(...large(300, 1))));
    expect(await status(asking([":path", `/${"x".repeat(8_192)}`]))).toBe(414);
    expect(served.backend.requests).toHaveLength(1);
    await isUnharmed(served);
  });

  test("[TB20] a field that is said once and repeated ten thousand times", async () => {
    const served = await serveH2((request) => request.end(HEAD), QUICK);
    const client = await H2Client.connect(served.port);
    // Literal with indexing (RFC 7541 §6.2.1), then its index.
    const named = Buffer.concat([Buffer.from([0x40]), literal("x"), literal("x".repeat(4_000))]);
    const block = Buffer.concat([encode(GET), named, Buffer.alloc(10_000, 0xbe)]);
    client.send(HEADERS, END_STREAM | END_HEADERS, 1, block);
    expect(await client.status(1)).toMatch(/^(RST|GOAWAY)/);
    for (let stream = 3; stream < 200; stream += 2)
      client.send(HEADERS, END_STREAM | END_HEADERS, stream, Buffer.concat([encode(GET), Buffer.alloc(10_000, 0xbe)]));
    await passing(client.closed());
    expect(served.backend.requests).toHaveLength(0);
    await isUnharmed(served);
  });
});

describe("what is too much", () => {
  test("[TB14] requests that are reset in the same read reach no application, and end the connection (CVE-2023-44487)", async () => {
    const served = await serveH2((request) => void (request.params["PATH_INFO"] === "/good" && request.end(HEAD)));
    const client = await H2Client.connect(served.port);
    const pairs: Buffer[] = [];
    for (let stream = 1; stream < 3_000; stream += 2)
      pairs.push(
        frame(HEADERS, END_STREAM | END_HEADERS, stream, encode(GET)),
        frame(RST_STREAM, 0, stream, number(8)),
      );
    client.socket.write(Buffer.concat(pairs));
    const { payload } = await client.until(GOAWAY, 0);
    expect(payload.readUInt32BE(4)).toBe(11);
    await client.closed();
    expect(served.backend.connections).toBeLessThanOrEqual(100);
    await isUnharmed(served);
  });

  test("[TB14] requests that are reset when they run end the connection, and free their applications", async () => {
    const served = await serveH2((request) => void (request.params["PATH_INFO"] === "/good" && request.end(HEAD)));
    const client = await H2Client.connect(served.port);
    let stream = 1;
    for (; !client.ended && !client.frames.some(({ type }) => type === GOAWAY); stream += 2) {
      const number_ = (stream - 1) / 2;
      client.headers(stream, GET);
      await Promise.race([served.backend.request(number_), client.until(GOAWAY, 0).catch(() => undefined)]);
      client.reset(stream);
    }
    // So many at once, and some a second while this machine is slow.
    expect(stream).toBeGreaterThan(20 * 2);
    for (const request of served.backend.requests) await request.aborted();
    await isUnharmed(served);
  });

  test("[TB14] more than a hundred at once wait for none", async () => {
    const served = await serveH2(() => undefined);
    const client = await H2Client.connect(served.port);
    for (let stream = 1; stream <= 201; stream += 2) client.headers(stream, GET);
    expect(await client.status(201)).toBe("RST 7");
    expect(served.server.stats.requests).toBe(100);
  });

  test.each<[string, (stream: number) => Buffer[]]>([
    ["WINDOW_UPDATE of 0", (stream) => [frame(WINDOW_UPDATE, 0, stream, number(0))]],
    ["a window that overflows", (stream) => [frame(WINDOW_UPDATE, 0, stream, number(0x7fffffff))]],
    ["DATA after END_STREAM", (stream) => [frame(DATA, 0, stream, Buffer.from("x"))]],
    ["HEADERS after END_STREAM", (stream) => [frame(HEADERS, END_HEADERS | END_STREAM, stream, encode(GET))]],
    [
      "a stream that depends on itself",
      (stream) => [frame(PRIORITY, 0, stream, Buffer.concat([number(stream), Buffer.from([1])]))],
    ],
  ])("[TB15] making us reset by %s ends the connection (CVE-2025-8671), or does nothing", async (_what, provoke) => {
    const served = await serveH2((request) => void (request.params["PATH_INFO"] === "/good" && request.end(HEAD)));
    const client = await H2Client.connect(served.port);
    for (let stream = 1; stream < 601; stream += 2)
      client.socket.write(
        Buffer.concat([frame(HEADERS, END_STREAM | END_HEADERS, stream, encode(GET)), ...provoke(stream)]),
      );
    client.send(PING, 0, 0, Buffer.alloc(8));
    await Promise.race([client.closed(), client.until(PING, 0)]);
    expect(served.backend.connections).toBeLessThanOrEqual(100);
    client.socket.destroy();
    for (const request of served.backend.requests) await request.aborted();
    await isUnharmed(served);
  });

  test.each<[string, Buffer]>([
    [
      "[TB16] a head that goes on and on (CVE-2024-27983)",
      Buffer.concat([
        frame(HEADERS, END_STREAM, 1, encode(GET)),
        ...Array.from({ length: 1_000 }, (_, at) => frame(CONTINUATION, 0, 1, encode([[`x-${at}`, "y"]]))),
      ]),
    ],
    ["[TB17] pings", Buffer.concat(Array.from({ length: 3_000 }, () => frame(PING, 0, 0, Buffer.alloc(8))))],
    ["[TB17] settings", Buffer.concat(Array.from({ length: 3_000 }, () => frame(SETTINGS, 0, 0)))],
    [
      "[TB17] empty pieces of a body",
      Buffer.concat([
        frame(HEADERS, END_HEADERS, 1, encode(POST)),
        ...Array.from({ length: 5_000 }, () => frame(DATA, 0, 1)),
      ]),
    ],
  ])("%s end the connection", async (_what, bytes) => {
    const served = await serveH2((request) => request.end(HEAD));
    const client = await H2Client.connect(served.port);
    client.socket.write(bytes);
    await client.closed();
    await isUnharmed(served);
  });

  test("[TB17] priorities cost nothing", async () => {
    const served = await serveH2((request) => request.end(HEAD));
    const client = await H2Client.connect(served.port);
    const one = frame(PRIORITY, 0, 1, Buffer.concat([number(0), Buffer.from([1])]));
    client.socket.write(Buffer.concat(Array.from({ length: 12_000 }, () => one)));
    expect([200, "GOAWAY 11", "closed"]).toContain(await client.headers(3, GET).status(3));
    await isUnharmed(served);
  });

  test("[TB22] nonsense in place of fields, then a reset (CVE-2025-59465)", async () => {
    const served = await serveH2((request) => request.end(HEAD));
    for (let at = 0; at < 50; at++) {
      const client = await H2Client.connect(served.port);
      client.socket.write(frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, at])));
      if (at % 2 === 0) client.socket.destroy();
      await client.closed();
    }
    await isUnharmed(served);
  });

  test("[TB23] a client that goes on after it was told to go (CVE-2026-48937)", async () => {
    const served = await serveH2((request) => void (request.params["PATH_INFO"] === "/good" && request.end(HEAD)));
    const client = await H2Client.connect(served.port);
    client.socket.write(Buffer.concat(Array.from({ length: 150 }, () => frame(PING, 0, 0, Buffer.alloc(8)))));
    await client.until(GOAWAY, 0);
    let stream = 1;
    while (!client.ended) {
      client.headers(stream, GET);
      stream += 2;
      await new Promise(setImmediate);
    }
    expect(served.backend.connections).toBeLessThanOrEqual(1);
    await isUnharmed(served);
  });
});

describe("who is too slow", () => {
  test("[TB21] [Q7] never says anything", async () => {
    const served = await serveH2((request) => request.end(HEAD), QUICK);
    const client = new H2Client((await H2Client.connect(served.port)).socket);
    await passing(client.closed());
  });

  test("[TB21] [Q7] stays without a request", async () => {
    const { port } = await serveH2((request) => request.end(HEAD), QUICK);
    const client = await H2Client.connect(port);
    expect(await client.headers(1, GET).status(1)).toBe(200);
    const { payload } = await passing(client.until(GOAWAY, 0));
    expect(payload.readUInt32BE(4)).toBe(0);
    await passing(client.closed());
  });

  test("[TB21] [TB16] sends half a head", async () => {
    const { port } = await serveH2((request) => request.end(HEAD), QUICK);
    const client = await H2Client.connect(port);
    client.send(HEADERS, END_STREAM, 1, encode(GET));
    await passing(client.closed());
  });

  test("[TB21] sends half a body", async () => {
    const { port, server, backend } = await serveH2((request) => request.end(HEAD), QUICK);
    const client = await H2Client.connect(port);
    client.headers(1, POST, END_HEADERS).data(1, "half");
    await eventually(() => server.stats.requests === 1);
    expect(await passing(client.status(1))).toBe(408);
    expect(backend.requests).toHaveLength(0);
  });

  test("[TB18] takes nothing of large answers (CVE-2023-43622)", async () => {
    const served = await serveH2((request) => {
      if (request.params["PATH_INFO"] !== "/good") request.write(HEAD + "x".repeat(1_000_000));
      else request.end(HEAD);
    }, QUICK);
    // SETTINGS_INITIAL_WINDOW_SIZE
    const client = await H2Client.connect(served.port, [[4, 0]]);
    for (let stream = 1; stream < 10; stream += 2) client.headers(stream, GET);
    for (let stream = 1; stream < 10; stream += 2) await client.until(HEADERS, stream);
    for (let stream = 1; stream < 10; stream += 2) await passing(client.until(RST_STREAM, stream));
    expect(client.body(1)).toBe("");
    for (let at = 0; at < 5; at++) await (await served.backend.request(at)).aborted();
    await isUnharmed(served);
  });

  test("[TB19] takes a byte at a time", async () => {
    const { port } = await serveH2((request) => void request.write(HEAD + "x".repeat(1_000_000)), QUICK);
    const client = await H2Client.connect(port, [[4, 0]]);
    client.headers(1, GET);
    await client.until(HEADERS, 1);
    while (!client.frames.some(({ type }) => type === RST_STREAM)) {
      client.send(WINDOW_UPDATE, 0, 1, number(1));
      await pass(1_000);
    }
    expect(client.body(1).length).toBeLessThan(16_384);
  });
});
