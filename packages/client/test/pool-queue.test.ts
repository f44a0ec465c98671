import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";
import { run } from "./support/run.ts";

const reply = (request: PeerRequest): void => request.connection.reply(request.id);

test("first come, first served", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorders = Array.from({ length: 50 }, (_, index) => run(pool, { params: { N: String(index) } }));
  await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(peer.requests.map((request) => Number(request.params.get("N")))).toEqual(recorders.map((_, index) => index));
  await pool.close();
});

test("a request that comes while others wait goes behind them", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const first = run(pool);
  run(pool, { params: { N: "second" } });
  await peer.begun(1);
  reply(peer.requests[0]!);
  await first.settled;
  run(pool, { params: { N: "third" } });
  await peer.begun(2);
  reply(peer.requests[1]!);
  await peer.begun(3);
  expect(peer.requests.slice(1).map((request) => request.params.get("N"))).toEqual(["second", "third"]);
  await pool.destroy();
});

test("[Q11] one more than the queue holds: FCGI_ERR_QUEUE_FULL at once, the others are served", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 2, queue: 3 });
  const recorders = Array.from({ length: 7 }, () => run(pool));
  await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(recorders.map((recorder) => recorder.code)).toEqual([
    ...Array.from({ length: 5 }),
    "FCGI_ERR_QUEUE_FULL",
    "FCGI_ERR_QUEUE_FULL",
  ]);
  expect(recorders[6]!.error).toMatchObject({ address: peer.address, phase: "queue" });
  await pool.close();
});

test("a queue of 0: requests run or fail", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1, queue: 0 });
  const [one, two] = [run(pool), run(pool)];
  expect((await two.settled).code).toBe("FCGI_ERR_QUEUE_FULL");
  expect((await one.settled).code).toBeUndefined();
  await pool.close();
});

test("[Q11] a wait that is too long: FCGI_ERR_QUEUE_TIMEOUT, and nothing was sent", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 1 }, runtime);
  const running = run(pool);
  await peer.begun(1);
  const [usual, own, patient] = [run(pool), run(pool, { queueTimeout: 1_000 }), run(pool, { queueTimeout: 0 })];
  await runtime.pass(1_200);
  expect((await own.settled).code).toBe("FCGI_ERR_QUEUE_TIMEOUT");
  expect(usual.calls).toEqual([]);
  await runtime.pass(4_000);
  expect((await usual.settled).error).toMatchObject({ code: "FCGI_ERR_QUEUE_TIMEOUT", phase: "queue" });
  await runtime.pass(20_000);
  expect(patient.calls).toEqual([]);
  reply(peer.requests[0]!);
  await running.settled;
  await peer.begun(2);
  expect(pool.stats.queued).toBe(0);
  await pool.destroy();
});

test("[f23] whoever aborts while waiting leaves at once, and nothing is dialled for him", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 2 });
  run(pool);
  run(pool);
  await peer.begun(2);
  const abort = new AbortController();
  const waiting = run(pool, { signal: abort.signal });
  const behind = run(pool, { params: { N: "behind" } });
  expect(pool.stats.queued).toBe(2);
  abort.abort(new Error("gone"));
  expect(pool.stats.queued).toBe(1);
  expect(waiting.error).toMatchObject({ code: "FCGI_ERR_ABORTED", phase: "queue", cause: new Error("gone") });
  reply(peer.requests[0]!);
  await peer.begun(3);
  expect(peer.requests[2]!.params.get("N")).toBe("behind");
  expect(behind.calls).toEqual(["start"]);
  await pool.destroy();
});

test("aborted while its connection is being opened: the attempt is given up", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 2 });
  const recorder = run(pool);
  expect(pool.stats).toMatchObject({ connecting: 1, queued: 1 });
  recorder.controller.abort();
  expect(pool.stats).toMatchObject({ connecting: 0, queued: 0 });
  expect(recorder.code).toBe("FCGI_ERR_ABORTED");
  await turns(3);
  expect(peer.requests).toEqual([]);
});

test("a signal that has fired before: nothing is done, and the error comes after dispatch has returned", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address);
  const recorder = run(pool, { signal: AbortSignal.abort("why") });
  expect(recorder.calls).toEqual([]);
  await recorder.settled;
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_ABORTED", cause: "why", address: peer.address });
  expect(pool.stats).toMatchObject({ connecting: 0, queued: 0 });
});

test("whoever waits for a connection under way is not told that the queue was slow", async () => {
  const runtime = new TestRuntime();
  // Its name is never found: the connection stays under way.
  const lookup = (): void => undefined;
  const pool = new Pool("tcp://app.test:9000", { capacity: 1, connectTimeout: 20_000, lookup }, runtime);
  const [first, second] = [run(pool), run(pool)];
  await runtime.pass(6_000);
  await second.settled;
  expect(first.code ?? "still waiting").not.toBe("FCGI_ERR_QUEUE_TIMEOUT");
  await pool.destroy();
});

test("close() serves those that wait, refuses new ones and resolves when all is gone", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const [running, waiting] = [run(pool), run(pool)];
  await peer.begun(1);
  let closed = false;
  const closing = pool.close().then(() => (closed = true));
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CLOSED");
  reply(peer.requests[0]!);
  await running.settled;
  await peer.begun(2);
  expect(closed).toBe(false);
  reply(peer.requests[1]!);
  await waiting.settled;
  await closing;
  expect(pool.stats).toMatchObject({ connections: 0, connecting: 0, queued: 0, active: 0 });
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CLOSED");
});

test("close() closes idle connections at once", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  await run(pool).settled;
  await pool.close();
  await peer.connections[0]!.ended;
});

test("destroy() ends those that run and those that wait, each with its own error", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const [running, waiting] = [run(pool), run(pool)];
  await peer.begun(1);
  const cause = new Error("out of here");
  await pool.destroy(cause);
  expect(running.error).toMatchObject({ code: "FCGI_ERR_DESTROYED", cause, phase: "response-head", requestId: 1 });
  expect(waiting.error).toMatchObject({ code: "FCGI_ERR_DESTROYED", cause, phase: "queue" });
  expect(running.error).not.toBe(waiting.error);
  expect((await run(pool).settled).code).toBe("FCGI_ERR_DESTROYED");
  await peer.connections[0]!.ended;
  expect(pool.stats).toMatchObject({ connections: 0, queued: 0, active: 0 });
});

test("await using closes it", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  let kept: Pool | undefined;
  {
    await using pool = new Pool(peer.address, { capacity: 1 });
    kept = pool;
    await run(pool).settled;
  }
  expect(kept.stats.connections).toBe(0);
});

test.for([
  [{ capacity: 0 }, "capacity"],
  [{ capacity: 1.5 }, "capacity"],
  [{ multiplex: 0 }, "multiplex"],
  [{ connections: -1 }, "connections"],
  [{ queue: -1 }, "queue"],
  [{ queueTimeout: -1 }, "queueTimeout"],
  [{ connectTimeout: Number.NaN }, "connectTimeout"],
  [{ bodyTimeout: Infinity }, "bodyTimeout"],
] as const)("refuses the options %j", ([options, name]) => {
  expect(() => new Pool("tcp://127.0.0.1:9000", options)).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT", message: expect.stringContaining(name) as string }),
  );
});

test.for(["fd:0", "127.0.0.1:9000", "", "unix:"])("refuses the address %j", (address) => {
  expect(() => new Pool(address)).toThrow(expect.objectContaining({ code: "FCGI_ERR_BAD_ADDRESS" }));
});
