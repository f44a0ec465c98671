import { RecordType, encodeRecord } from "@x/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { application, fetchApplication } from "./support/application.ts";
import { post, request, stdin } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const begin = encodeRecord({ type: RecordType.BeginRequest, requestId: 1, keepConn: true });

test("[TF29] PARAMS that do not come close the connection after 10 s, with requests that are complete unharmed until then", async () => {
  const held = gate();
  const app = await application(async (_request, response) => {
    await held.promise;
    response.end("in time\n");
  });
  const frontEnd = await app.connect();
  frontEnd.send(begin);
  await frontEnd.ping();
  vi.advanceTimersByTime(9_900);
  await frontEnd.ping();
  vi.advanceTimersByTime(300);
  await frontEnd.ended;
  expect(app.server.stats.requests).toBe(0);
});

test("[TF29] other requests do not lengthen the time for a request's PARAMS unless PARAMS were completed", async () => {
  const app = await application((_request, response) => void response.end());
  const frontEnd = await app.connect();
  frontEnd.send(begin);
  for (let seconds = 0; seconds < 9; seconds++) {
    await frontEnd.ping();
    vi.advanceTimersByTime(1_000);
  }
  await frontEnd.exchange(2);
  vi.advanceTimersByTime(9_900);
  await frontEnd.ping();
  vi.advanceTimersByTime(300);
  await frontEnd.ended;
});

test("[TF29] a body that stops coming fails after 30 s, the signal says why, and the handler answers", async () => {
  const app = await application(async (request, response) => {
    const failure = await request.stdin.toArray().catch((error: unknown) => error);
    response.end(`${(failure as { code: string }).code} ${request.signal.aborted} ${request.complete}`);
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(10), stdin: undefined }));
  await frontEnd.ping();
  for (let piece = 0; piece < 3; piece++) {
    vi.advanceTimersByTime(29_000);
    frontEnd.send(stdin(1, "x"));
    await frontEnd.ping();
  }
  vi.advanceTimersByTime(30_200);
  expect((await frontEnd.answer(1)).body).toBe("FCGI_ERR_BODY_TIMEOUT true false");
  expect((await frontEnd.send(stdin(1, "late")).exchange(2)).protocolStatus).toBe(0);
});

test("[TF29] a handler that fails with such a body, or answers later, leaves no 200 behind", async () => {
  const app = await fetchApplication(async (request) => new Response(await request.text()));
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(10), stdin: undefined }));
  await frontEnd.ping();
  vi.advanceTimersByTime(30_200);
  expect(await frontEnd.answer(1)).toMatchObject({
    head: "Status: 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
    body: "Request Timeout\n",
    appStatus: 1,
  });
});

test("a handler that reads slowly does not make its web server look slow", async () => {
  const read = gate();
  const app = await application(async (request, response) => {
    await read.promise;
    response.end(String((await request.stdin.toArray()).length > 0));
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(200_000), stdin: undefined }), stdin(1, "x".repeat(65_528)));
  const bystander = await app.connect();
  await bystander.ping();
  frontEnd.send(stdin(1, "x".repeat(65_528)));
  for (let turn = 0; turn < 20; turn++) await bystander.ping();
  vi.advanceTimersByTime(100_000);
  read.open();
  frontEnd.send(stdin(1, "x".repeat(200_000 - 2 * 65_528)));
  expect(await frontEnd.answer(1)).toMatchObject({ body: "true", appStatus: 0 });
});

test("a handler that leaves a body unread for 30 s while others wait for the connection loses it", async () => {
  const app = await application((request, response) => {
    if (request.id !== 1) response.end(`${request.id}\n`);
    else request.signal.addEventListener("abort", () => response.end((request.signal.reason as Error).message));
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(undefined), stdin: undefined }), request(2));
  await frontEnd.answer(2);
  for (let sent = 0; sent < 64; sent++) frontEnd.send(stdin(1, "s".repeat(32_768)));
  frontEnd.send(request(3));
  const bystander = await app.connect();
  for (let turn = 0; turn < 100; turn++) await bystander.ping();
  expect(frontEnd.received).toEqual([]);
  vi.advanceTimersByTime(30_200);
  expect((await frontEnd.answer(1)).body).toContain("read nothing for 30000 ms");
  expect((await frontEnd.answer(3)).body).toBe("3\n");
});

test("[P78] a request with CONTENT_LENGTH 0 waits for no STDIN, not even its end", async () => {
  const hold = gate();
  const app = await application(async (request, response) => {
    await hold.promise;
    response.end(`${request.signal.aborted} ${request.complete}`);
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(0), stdin: undefined }));
  await frontEnd.ping();
  vi.advanceTimersByTime(100_000);
  hold.open();
  expect((await frontEnd.answer(1)).body).toBe("false true");
});

test("0 turns a timeout off", async () => {
  const app = await fetchApplication(async (request) => new Response(await request.text()), {
    paramsTimeout: 0,
    stdinTimeout: 0,
  });
  const frontEnd = await app.connect();
  frontEnd.send(begin);
  await frontEnd.ping();
  vi.advanceTimersByTime(3_600_000);
  frontEnd.send(request(1, { params: post(4), stdin: undefined }).subarray(16));
  await frontEnd.ping();
  vi.advanceTimersByTime(3_600_000);
  frontEnd.send(stdin(1, "late"), stdin(1));
  expect((await frontEnd.answer(1)).body).toBe("late");
});

test("[P43] an idle connection is kept for as long as the web server likes", async () => {
  const app = await application((_request, response) => void response.end("still here\n"));
  const frontEnd = await app.connect();
  await frontEnd.exchange(1);
  vi.advanceTimersByTime(24 * 3_600_000);
  expect((await frontEnd.exchange(1)).body).toBe("still here\n");
});

test("[P48] a web server that does not close after our end is not waited for beyond 2 s", async () => {
  const app = await application((_request, response) => void response.end());
  const frontEnd = await app.connect();
  frontEnd.keepsOpen = true;
  await frontEnd.exchange(1, { keepConn: false });
  await frontEnd.ended;
  const bystander = await app.connect();
  await bystander.ping();
  expect(app.server.stats.connections).toBe(2);
  vi.advanceTimersByTime(2_200);
  await bystander.ping();
  expect(app.server.stats.connections).toBe(1);
});

test("a peer that breaks the rules and reads nothing is cut after 2 s, with what is left for it", async () => {
  const app = await application((_request, response) => void response.end(Buffer.alloc(8_000_000)));
  const frontEnd = await app.connect();
  frontEnd.stopReading();
  frontEnd.send(request(1));
  const bystander = await app.connect();
  while (app.server.stats.totalRequests === 0) await bystander.ping();
  frontEnd.send(Buffer.from("not FastCGI"));
  for (let turn = 0; turn < 20; turn++) await bystander.ping();
  expect(app.server.stats.connections).toBe(2);
  vi.advanceTimersByTime(2_200);
  while (app.server.stats.connections > 1) await bystander.ping();
  frontEnd.read();
  await frontEnd.ended;
  expect(frontEnd.bytesRead).toBeLessThan(8_000_000);
});

test("[P46][P47] a web server that has gone is noticed by writing, one that sends no more is waited for 10 s", async () => {
  const hold = gate();
  const app = await application(async (request, response) => {
    if (request.id === 2) return void request.signal.addEventListener("abort", () => {});
    await hold.promise;
    response.write("still writing;");
  });
  const [gone, halfClosed] = [await app.connect(), await app.connect()];
  gone.send(request(2));
  halfClosed.send(request(1));
  await gone.ping();
  await halfClosed.ping();
  gone.destroy();
  halfClosed.halfClose();
  const bystander = await app.connect();
  while (app.server.stats.connections === 3) await bystander.ping();
  expect(app.server.stats).toMatchObject({ connections: 2, requests: 1 });
  for (let second = 0; second < 9; second++) {
    vi.advanceTimersByTime(1_000);
    await bystander.ping();
  }
  hold.open();
  await halfClosed.output(1, "still writing;");
  vi.advanceTimersByTime(9_500);
  await bystander.ping();
  expect(app.server.stats).toMatchObject({ connections: 2, requests: 1 });
  vi.advanceTimersByTime(700);
  await halfClosed.ended;
  for (let turn = 0; turn < 10; turn++) await bystander.ping();
  expect(app.server.stats).toMatchObject({ connections: 1, requests: 0 });
});
