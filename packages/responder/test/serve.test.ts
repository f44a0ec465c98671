import { channel } from "node:diagnostics_channel";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { isFastCGIError, serve } from "../src/index.ts";
import type { ConnectionMessage, ErrorMessage, RequestMessage, ServeOptions } from "../src/index.ts";
import { application, fetchApplication, temporaryFolder } from "./support/application.ts";
import { FrontEnd, post, request, stdin } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

const hello = (): Response => new Response("hello\n");

test("a plain run: ready, address, an answer, close", async () => {
  const { server, address, connect } = await fetchApplication(hello);
  expect(server.address).toBe(address);
  expect((await (await connect()).exchange(1)).body).toBe("hello\n");
  await server.close();
  await server.close();
  expect(server.stats).toEqual({
    connections: 0,
    requests: 0,
    totalConnections: 1,
    totalRequests: 1,
    refusedConnections: 0,
    refusedRequests: 0,
  });
});

test.for<[string, unknown]>([
  ["no handler", {}],
  ["two handlers", { fetch: hello, handler: hello }],
  ["a fetch that is no function", { fetch: "x" }],
  ["maxRequests 0", { fetch: hello, maxRequests: 0 }],
  ["maxConnections 1.5", { fetch: hello, maxConnections: 1.5 }],
  ["maxBufferedBytes 0", { fetch: hello, maxBufferedBytes: 0 }],
  ["multiplex NaN", { fetch: hello, multiplex: Number.NaN }],
  ["a timeout below 0", { fetch: hello, stdinTimeout: -1 }],
  ["a grace in words", { fetch: hello, grace: "long" }],
])("refuses %s", ([, options]) => {
  expect(() => serve({ listen: "tcp://127.0.0.1:0", signals: false, ...(options as ServeOptions) })).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
  );
});

test("close() while requests run: they finish, new ones get OVERLOADED, idle connections close, the file goes", async () => {
  const hold = gate();
  const app = await application(async (request, response) => {
    if (request.method === "POST") await hold.promise;
    response.end("finished\n");
  });
  const [busy, idle, receiving] = [await app.connect(), await app.connect(), await app.connect()];
  busy.send(request(1, { params: post(0) }));
  await busy.ping();
  await idle.exchange(1);
  const late = request(1);
  receiving.send(late.subarray(0, 30));
  await idle.ping();

  const closed = app.server.close();
  await idle.ended;
  expect(existsSync(app.address.slice("unix:".length))).toBe(false);
  await expect(FrontEnd.connect(app.address)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await busy.exchange(2)).toMatchObject({ protocolStatus: 2, stdout: [] });
  receiving.send(late.subarray(30));
  expect((await receiving.answer(1)).body).toBe("finished\n");
  await receiving.ended;
  while (app.server.stats.connections > 1) await busy.ping();
  expect(app.server.stats.requests).toBe(1);
  hold.open();
  expect((await busy.answer(1)).body).toBe("finished\n");
  await busy.ended;
  await closed;
  expect(app.server.stats).toMatchObject({ connections: 0, requests: 0 });
});

test("destroy() cuts at once and aborts what runs", async () => {
  const reason = gate<unknown>();
  const app = await application((request) => {
    request.signal.addEventListener("abort", () => reason.open(request.signal.reason));
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1));
  await frontEnd.ping();
  await app.server.destroy();
  expect(await reason.promise).toMatchObject({ code: "FCGI_ERR_DESTROYED", address: app.address });
  await frontEnd.ended;
  expect(frontEnd.received).toEqual([]);
  expect(app.server.stats).toMatchObject({ connections: 0, requests: 0 });
});

test("destroy() helps a close() that waits", async () => {
  const app = await application(() => {});
  const frontEnd = await app.connect();
  frontEnd.send(request(1));
  await frontEnd.ping();
  const closed = app.server.close();
  await app.server.destroy();
  await closed;
});

// No ports in these two: one that is free again may be somebody else's before it is dialled.
test("close() before it listens", async () => {
  const server = serve({ fetch: hello, listen: `unix:${join(temporaryFolder(), "app.sock")}`, signals: false });
  await server.close();
  await server.ready;
  await expect(FrontEnd.connect(server.address ?? "")).rejects.toMatchObject({ code: "ENOENT" });
});

test("await using closes", async () => {
  let address = "";
  {
    await using server = serve({ fetch: hello, listen: `unix:${join(temporaryFolder(), "app.sock")}`, signals: false });
    address = await server.ready;
  }
  await expect(FrontEnd.connect(address)).rejects.toMatchObject({ code: "ENOENT" });
});

test("over maxConnections a connection is closed, and one that ends makes room", async () => {
  const app = await fetchApplication(hello, { maxConnections: 1 });
  const first = await app.connect();
  await first.ping();
  const second = await app.connect();
  await second.ended;
  expect(second.bytesRead).toBe(0);
  expect(app.server.stats).toMatchObject({ connections: 1, refusedConnections: 1 });
  await first.exchange(1, { keepConn: false });
  await first.ended;
  first.destroy();
  for (;;) {
    const next = await app.connect();
    const answered = await next.exchange(1).catch(() => undefined);
    if (answered !== undefined) break;
  }
});

test("[V3] 2,000 connections at once", async () => {
  const app = await fetchApplication(hello);
  const frontEnds: FrontEnd[] = [];
  while (frontEnds.length < 2_000) {
    const frontEnd = await app.connect();
    await frontEnd.ping(); // accepted: the system's queue before that holds fewer
    frontEnds.push(frontEnd);
  }
  const answers = await Promise.all(frontEnds.map((frontEnd) => frontEnd.exchange(1)));
  expect(answers.every(({ body }) => body === "hello\n")).toBe(true);
  expect(app.server.stats).toMatchObject({ connections: 2_000, requests: 0 });
});

test("signals: true adds listeners once for all servers, and takes them away with the last one", async () => {
  const before = process.listenerCount("SIGTERM");
  const one = serve({ fetch: hello, listen: "tcp://127.0.0.1:0" });
  const two = serve({ fetch: hello, listen: "tcp://127.0.0.1:0" });
  expect([process.listenerCount("SIGTERM"), process.listenerCount("SIGINT")]).toEqual([before + 1, before + 1]);
  await one.close();
  expect(process.listenerCount("SIGTERM")).toBe(before + 1);
  await two.close();
  const taken = serve({ fetch: hello, listen: "unix:/nowhere/app.sock" });
  await expect(taken.ready).rejects.toThrow("does not exist");
  expect([process.listenerCount("SIGTERM"), process.listenerCount("SIGINT")]).toEqual([before, before]);
});

test("[P87] diagnostics channels tell of connections, requests and failures", async () => {
  const messages: string[] = [];
  const listen = (name: string, describe: (message: never) => string): void => {
    const onMessage = (message: unknown): void => void messages.push(`${name}: ${describe(message as never)}`);
    const subscribed = channel(`fastcgi:responder:${name}`);
    subscribed.subscribe(onMessage);
    onTestFinished(() => void subscribed.unsubscribe(onMessage));
  };
  listen("connection:open", ({ peer }: ConnectionMessage) => peer.slice(0, 5));
  listen("connection:close", ({ peer }: ConnectionMessage) => peer.slice(0, 5));
  listen("request:start", ({ request }: RequestMessage) => request.method);
  listen("request:end", ({ request, response }: RequestMessage) => `${request.method} ${response.statusCode}`);
  listen("error", ({ error, request, aborted }: ErrorMessage) =>
    [isFastCGIError(error) ? error.code : String(error), request?.method, aborted].join(" "),
  );
  const app = await application((request, response) => {
    if (request.method === "FAIL") throw new Error("no luck");
    if (request.method === "LATE") request.signal.addEventListener("abort", () => response.end("too late"));
    else response.writeHead(201).end();
  });
  const frontEnd = await app.connect();
  await frontEnd.exchange(1);
  await frontEnd.exchange(1, { params: { REQUEST_METHOD: "FAIL" } });
  frontEnd.send(request(1, { params: { REQUEST_METHOD: "LATE" } }));
  await frontEnd.ping();
  frontEnd.send(Buffer.from("not FastCGI"));
  await frontEnd.ended;
  await app.server.close();
  expect(messages).toEqual([
    "connection:open: unix:",
    "request:start: GET",
    "request:end: GET 201",
    "request:start: FAIL",
    "error: Error: no luck FAIL false",
    "request:end: FAIL 500",
    "request:start: LATE",
    "request:end: LATE 200",
    "error: FCGI_ERR_BAD_VERSION  ",
    "connection:close: unix:",
  ]);
});

test("[TF30] web servers that go away mid-request leave nothing behind", async () => {
  let aborted = 0;
  const app = await application((request, response) => {
    request.signal.addEventListener("abort", () => {
      aborted++;
      response.end();
    });
    request.stdin.resume();
  });
  for (let round = 0; round < 200; round++) {
    const frontEnd = await app.connect();
    frontEnd.send(request(1, { params: post(100), stdin: undefined }), stdin(1, "some"));
    await frontEnd.ping();
    frontEnd.destroy();
  }
  const last = await app.connect();
  while (app.server.stats.connections > 1) await last.ping();
  expect(aborted).toBe(200);
  expect(app.server.stats).toMatchObject({ connections: 1, requests: 0 });
});
