import { describe, expect, test } from "vitest";

import { HEAD, application } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";

describe("a request body", () => {
  test("is collected before the application is asked, and has its exact length", async () => {
    const { gateway, backend } = await application(async (request) => request.end(HEAD + (await request.body())));
    const exchange = new MemoryExchange("/", {
      method: "POST",
      headers: ["Transfer-Encoding", "chunked", "Content-Type", "a/b"],
      manual: true,
    });
    gateway.dispatch(exchange, exchange);
    exchange.sink?.write(Buffer.from("hello "));
    expect(gateway.stats().upstreams.get("app")?.addresses[0]).toMatchObject({ active: 0, queued: 0, connecting: 0 });
    exchange.sink?.write(Buffer.from("world"));
    exchange.sink?.end();
    expect(await exchange.over()).toMatchObject({ status: 200, text: "hello world" });
    expect(backend.requests[0]?.params).toMatchObject({ CONTENT_LENGTH: "11", CONTENT_TYPE: "a/b" });
    expect(backend.requests[0]?.params).not.toHaveProperty("HTTP_TRANSFER_ENCODING");
  });

  test("[C29] of no bytes is none", async () => {
    const { gateway, backend } = await application(async (request) => request.end(HEAD + (await request.body())));
    await ask(gateway, "/", { method: "POST", headers: ["Transfer-Encoding", "chunked"] });
    await ask(gateway, "/", { method: "POST", headers: ["Content-Length", "0"] });
    for (const request of backend.requests) expect(request.params).not.toHaveProperty("CONTENT_LENGTH");
  });

  test("[TA23] of a GET reaches the application too", async () => {
    const { gateway } = await application(async (request) => request.end(HEAD + (await request.body())));
    expect(await ask(gateway, "/", { headers: ["Content-Length", "3"], body: ["abc"] })).toMatchObject({ text: "abc" });
  });

  test("[TA21] that waits is asked for", async () => {
    const { gateway } = await application(async (request) => request.end(HEAD + (await request.body())));
    const answer = await ask(gateway, "/", {
      method: "POST",
      headers: ["Content-Length", "3", "Expect", "100-continue"],
      body: ["abc"],
    });
    expect(answer).toMatchObject({ status: 200, text: "abc", hints: [[100, []]] });
  });

  test("of the largest size arrives whole", async () => {
    const { gateway, backend } = await application(async (request) =>
      request.end(HEAD + (await request.body()).length),
    );
    const pieces = Array.from({ length: 128 }, (_, at) => String.fromCharCode(at).repeat(65_536));
    expect(
      await ask(gateway, "/", { method: "POST", headers: ["Transfer-Encoding", "chunked"], body: pieces }),
    ).toMatchObject({ text: "8388608" });
    expect(backend.requests[0]?.stdin === pieces.join("")).toBe(true);
  });

  test('with buffer: "off" is passed on as it comes', async () => {
    const { gateway, backend } = await application(async (request) => request.end(HEAD + (await request.body())), {
      route: { buffer: "off" },
    });
    const exchange = new MemoryExchange("/", { method: "POST", headers: ["Content-Length", "11"], manual: true });
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.sink !== undefined);
    exchange.sink?.write(Buffer.from("hello "));
    const request = await backend.request(0);
    await request.received(6);
    expect(request.params["CONTENT_LENGTH"]).toBe("11");
    exchange.sink?.write(Buffer.from("world"));
    exchange.sink?.end();
    expect(await exchange.over()).toMatchObject({ text: "hello world" });
  });

  test('with buffer: "off" is held back when the application does not read', async () => {
    const { gateway, backend } = await application(() => {}, {
      route: { buffer: "off" },
      config: { limits: { body: 1e9 } },
    });
    const exchange = new MemoryExchange("/", {
      method: "POST",
      headers: ["Transfer-Encoding", "chunked"],
      manual: true,
    });
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.sink !== undefined);
    const request = await backend.request(0);
    request.socket.pause();
    let sent = 0;
    while (sent < 256 && exchange.sink?.write(Buffer.alloc(65_536)) === true) {
      sent++;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(256);
  });

  test("of known length goes to a multiplexing application as it comes, of unknown length when it is whole", async () => {
    const { gateway, backend } = await application(async (request) => request.end(HEAD + (await request.body())), {
      upstream: { multiplex: 8, capacity: 8 },
    });
    const known = new MemoryExchange("/known", { method: "POST", headers: ["Content-Length", "3"], manual: true });
    const unknown = new MemoryExchange("/unknown", {
      method: "POST",
      headers: ["Transfer-Encoding", "chunked"],
      manual: true,
    });
    gateway.dispatch(unknown, unknown);
    gateway.dispatch(known, known);
    unknown.sink?.write(Buffer.from("u"));
    expect((await backend.request(0)).params["PATH_INFO"]).toBe("/known");
    known.sink?.write(Buffer.from("abc"));
    known.sink?.end();
    expect(await known.over()).toMatchObject({ text: "abc" });
    unknown.sink?.end();
    expect(await unknown.over()).toMatchObject({ text: "u" });
    expect(backend.requests[1]?.params["CONTENT_LENGTH"]).toBe("1");
  });

  test.each([["that breaks off"], ["over the limit"]])(
    'with buffer: "off" %s aborts the request, and its end is never told',
    async (how) => {
      const { gateway, backend } = await application(() => {}, {
        route: { buffer: "off" },
        config: { limits: { body: 10 } },
      });
      const exchange = new MemoryExchange("/", {
        method: "POST",
        headers: ["Transfer-Encoding", "chunked"],
        manual: true,
      });
      gateway.dispatch(exchange, exchange);
      await exchange.until(() => exchange.sink !== undefined);
      exchange.sink?.write(Buffer.from("abc"));
      const request = await backend.request(0);
      if (how === "over the limit") exchange.sink?.write(Buffer.alloc(8));
      else exchange.sink?.error(new Error("gone"));
      await request.aborted();
      expect(request.stdinEnded).toBe(false);
      expect(await exchange.over()).toMatchObject({ status: how === "over the limit" ? 413 : 502 });
    },
  );
});

describe("[Q3] a kept connection, which the application may close at any time,", () => {
  const ways = [
    { method: "GET", keep: true },
    { method: "HEAD", keep: true },
    { method: "OPTIONS", keep: true },
    { method: "GET", length: 3, keep: true },
    { method: "GET", length: 70_000, keep: false },
    { method: "POST", keep: false },
    { method: "PUT", length: 3, keep: false },
    { method: "DELETE", keep: false },
  ] as const;
  test.each(ways)("is not for a request that cannot be repeated: %o", async ({ method, keep, ...body }) => {
    const { gateway, backend } = await application(async (request) => request.end(HEAD), { upstream: { capacity: 3 } });
    await ask(gateway, "/");
    const length = "length" in body ? body.length : 0;
    await ask(gateway, "/", {
      method,
      headers: length === 0 ? [] : ["Content-Length", String(length)],
      ...(length === 0 ? {} : { body: ["x".repeat(length)] }),
    });
    expect(backend.requests.map(({ keepConn }) => keepConn)).toEqual([true, keep]);
    expect(backend.connections).toBe(keep ? 1 : 2);
  });

  test("is for all where the application takes several requests at once on it", async () => {
    const upstream = { capacity: 8, multiplex: 4 };
    const { gateway, backend } = await application(async (request) => request.end(HEAD), { upstream });
    for (const method of ["GET", "POST", "PUT"]) await ask(gateway, "/", { method });
    expect(backend.requests.map(({ keepConn }) => keepConn)).toEqual([true, true, true]);
    expect(backend.connections).toBe(1);
  });
});
