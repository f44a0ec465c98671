import { describe, expect, test } from "vitest";

import { BalancedPool } from "../../src/balancing/balanced-pool.ts";
import { TestRuntime, turns } from "../support/clock.ts";
import { at, oneByOne, pair, serve, start, usePeerGroup } from "../support/peer-group.ts";
import { stdout } from "../support/peer.ts";
import type { PeerRequest } from "../support/peer.ts";
import { run } from "../support/run.ts";

const half = (): number => 0.5;

usePeerGroup();

test("requests go to all addresses, the answers come back, stats count", async () => {
  const [a, b] = await pair(serve, serve);
  await using pool = new BalancedPool([a.address, { address: b.address, capacity: 2 }]);
  const { statusCode, body } = await pool.request({ params: { N: "0" } });
  expect([statusCode, await body.text()]).toEqual([200, "ok"]);
  await oneByOne(pool, 5);
  expect([a.requests.length, b.requests.length]).toEqual([3, 3]);
  expect(pool.stats).toMatchObject({
    active: 0,
    queued: 0,
    retries: 0,
    peers: [
      { address: a.address, weight: 1, backup: false, state: "healthy", fails: 0, requests: 3, share: 1 },
      { address: b.address, opened: 1, reused: 2 },
    ],
  });
});

test("a policy sees the params of the request, a list or not", async () => {
  const [a, b] = await pair(serve, serve);
  await using pool = new BalancedPool([a.address, b.address], {
    policy: (candidates, { params }) => candidates[Number(params.values[params.names.indexOf("TO")])]!,
  });
  await run(pool, { params: { TO: "1" } }).settled;
  await run(pool, { params: [["TO", "1"]] }).settled;
  expect([a.requests.length, b.requests.length]).toEqual([0, 2]);
});

describe("[Q3] tries elsewhere", () => {
  test("[f06] nobody listens at one address: every request is served at the other, a streamed body included", async () => {
    const b = await start("b", { onRequest: ({ id, stdin, connection }) => connection.reply(id, stdin) });
    await using pool = new BalancedPool([at("a"), b.address]);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("once");
    }
    const recorders = [run(pool, { stdin: body() }), run(pool, { stdin: "text" }), run(pool)];
    for (const recorder of recorders) {
      // oxlint-disable-next-line no-await-in-loop
      expect((await recorder.settled).code).toBeUndefined();
      expect(recorder.controller.address).toBe(b.address);
    }
    expect(b.requests.map(({ stdin }) => stdin.toString()).toSorted()).toEqual(["", "once", "text"]);
    expect(pool.stats.retries).toBe(2);
  });

  test("[f18] [TF07] OVERLOADED: another address serves it; a streamed body cannot be sent again", async () => {
    const [a, b] = await pair({ onRequest: ({ id, connection }) => connection.end(id, 0, 2) }, serve);
    await using pool = new BalancedPool([a.address, b.address], { policy: "first", maxFails: 0 });
    expect((await run(pool, { stdin: "kept" }).settled).calls.at(-1)).toBe("end");
    expect(b.requests[0]!.stdin.toString()).toBe("kept");
    const streamed = run(pool, { stdin: new Blob(["gone"]) });
    expect((await streamed.settled).code).toBe("FCGI_ERR_OVERLOADED");
    expect([a.requests.length, b.requests.length]).toEqual([2, 1]);
  });

  test("[f01] a backend is killed before any byte: a POST runs once, a GET on two addresses at most", async () => {
    const kill = ({ connection }: PeerRequest): void => void connection.socket.destroy();
    const [a, b] = await pair({ onRequest: kill }, { onRequest: kill });
    const c = await start("c", { onRequest: kill });
    await using pool = new BalancedPool([a.address, b.address, c.address], { maxFails: 0 });
    expect((await run(pool, { stdin: "x", idempotent: false }).settled).code).toBe("FCGI_ERR_SOCKET");
    expect(a.requests.length + b.requests.length + c.requests.length).toBe(1);
    expect((await run(pool, { stdin: "x", idempotent: true }).settled).code).toBe("FCGI_ERR_SOCKET");
    expect(a.requests.length + b.requests.length + c.requests.length).toBe(3);
  });

  test("[f01] a backend is killed before any byte: a GET is served by another", async () => {
    const [a, b] = await pair({ onRequest: ({ connection }) => void connection.socket.destroy() }, serve);
    await using pool = new BalancedPool([a.address, b.address], { policy: "first" });
    expect((await run(pool, { idempotent: true }).settled).calls.at(-1)).toBe("end");
    expect([a.requests.length, b.requests.length]).toEqual([1, 1]);
  });

  test("as many addresses as maxTries says, and then the last error", async () => {
    await using pool = new BalancedPool([at("a"), at("b"), at("c"), at("d")], { maxTries: 2, policy: "first" });
    expect((await run(pool).settled).error).toMatchObject({ code: "FCGI_ERR_CONNECT", address: at("b") });
    expect(pool.stats.retries).toBe(1);
  });

  test("[Q4] all refuse: a fifth of the requests is tried again, no more", async () => {
    const runtime = new TestRuntime();
    await using pool = new BalancedPool([at("a"), at("b"), at("c")], { queue: 1_000 }, runtime, half);
    const recorders = Array.from({ length: 1_000 }, () => run(pool));
    await Promise.all(recorders.map((recorder) => recorder.settled));
    expect(recorders.every((recorder) => recorder.code === "FCGI_ERR_CONNECT")).toBe(true);
    expect(pool.stats.retries).toBeGreaterThan(100);
    expect(pool.stats.retries).toBeLessThanOrEqual(200);
    expect(recorders.every((recorder) => recorder.calls.length === 1)).toBe(true);
  });

  test("the body of a request that is served nowhere is let go", async () => {
    let returned = 0;
    const body: AsyncIterableIterator<Uint8Array> = {
      next: () => Promise.resolve({ done: true, value: undefined }),
      return: () => Promise.resolve({ done: true, value: ++returned }),
      [Symbol.asyncIterator]: () => body,
    };
    await using pool = new BalancedPool([at("a"), at("b")]);
    await run(pool, { stdin: body }).settled;
    await turns(2);
    expect(returned).toBe(1);
  });
});

describe("queue", () => {
  test("[Q11] one queue for all: whoever is free first takes the next, first come first served", async () => {
    const [a, b] = await pair({}, {});
    await using pool = new BalancedPool([a.address, b.address], { capacity: 1 });
    const recorders = Array.from({ length: 5 }, (_, index) => run(pool, { params: { N: String(index) } }));
    await Promise.all([a.begun(1), b.begun(1)]);
    expect(pool.stats).toMatchObject({ active: 2, queued: 3 });
    for (let count = 1; count <= 3; count++) {
      b.connections[0]!.reply(1);
      // oxlint-disable-next-line no-await-in-loop
      await b.begun(count + 1);
    }
    expect(b.requests.map(({ params }) => params.get("N"))).toEqual(["1", "2", "3", "4"]);
    a.connections[0]!.reply(1);
    b.connections[0]!.reply(1);
    await Promise.all(recorders.map((recorder) => recorder.settled));
  });

  test("[Q11] its length, its deadline, and an abort", async () => {
    const runtime = new TestRuntime();
    const [a, b] = await pair({}, {});
    const pool = new BalancedPool([a.address, b.address], { capacity: 1, queue: 2, queueTimeout: 1_000 }, runtime);
    run(pool);
    run(pool);
    const abort = new AbortController();
    const [expiring, aborted] = [run(pool), run(pool, { signal: abort.signal })];
    const refused = run(pool);
    expect(refused.calls).toEqual([]);
    expect((await refused.settled).code).toBe("FCGI_ERR_QUEUE_FULL");
    abort.abort();
    expect(aborted.code).toBe("FCGI_ERR_ABORTED");
    await runtime.pass(1_200);
    expect((await expiring.settled).error).toMatchObject({ code: "FCGI_ERR_QUEUE_TIMEOUT", phase: "queue" });
    expect(pool.stats.queued).toBe(0);
    await pool.destroy();
    expect(runtime.timeouts.size).toBe(0);
  });

  test("[f12] the total timeout counts from the call", async () => {
    const runtime = new TestRuntime();
    const a = await start("a", {});
    const pool = new BalancedPool([{ address: a.address, capacity: 1 }], { timeout: 1_000, queueTimeout: 0 }, runtime);
    const [running, waiting] = [run(pool), run(pool)];
    await a.begun(1);
    await runtime.pass(1_200);
    expect((await running.settled).code).toBe("FCGI_ERR_TIMEOUT");
    expect((await waiting.settled).code).toBe("FCGI_ERR_TIMEOUT");
    await pool.destroy();
  });
});

describe("addresses come and go", () => {
  test("[Q14] drain: no new requests, those that run end well, then it is gone", async () => {
    const [a, b] = await pair({}, serve);
    await using pool = new BalancedPool([a.address, b.address], { policy: "first" });
    const running = run(pool);
    await a.begun(1);
    const drained = pool.drain(a.address);
    expect(pool.stats.peers[0]!.state).toBe("draining");
    expect(await oneByOne(pool, 3)).toEqual([undefined, undefined, undefined]);
    expect([a.requests.length, b.requests.length]).toEqual([1, 3]);
    a.connections[0]!.reply(1);
    await drained;
    expect((await running.settled).calls.at(-1)).toBe("end");
    expect(pool.stats.peers.map(({ address }) => address)).toEqual([b.address]);
    await expect(pool.drain(a.address)).rejects.toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
  });

  test("add: back again slowly, while the requests from before still run", async () => {
    const [a, b] = await pair({}, serve);
    await using pool = new BalancedPool([a.address, b.address], { policy: "first", slowStart: 3_600_000 });
    const running = run(pool);
    await a.begun(1);
    const drained = pool.drain(a.address);
    pool.add({ address: a.address, slowly: true });
    expect(pool.stats.peers).toMatchObject([
      { address: a.address, state: "draining", requests: 1, share: 1 },
      { address: b.address },
      { address: a.address, state: "healthy", requests: 0, share: 0.05 },
    ]);
    a.connections[0]!.reply(1);
    await Promise.all([running.settled, drained]);
    expect(pool.stats.peers.map(({ address }) => address)).toEqual([b.address, a.address]);
  });

  test("add: it takes those that wait; twice the same is a mistake", async () => {
    const [a, b] = await pair({}, serve);
    await using pool = new BalancedPool([a.address], { capacity: 1 });
    const running = run(pool);
    const waiting = run(pool);
    await a.begun(1);
    pool.add(b.address);
    expect((await waiting.settled).controller.address).toBe(b.address);
    expect(() => pool.add(b.address)).toThrow("is there already");
    a.connections[0]!.reply(1);
    await running.settled;
  });

  test("no address at all: FCGI_ERR_NO_UPSTREAM, also for those that wait when the last goes", async () => {
    const a = await start("a", {});
    await using pool = new BalancedPool([]);
    expect((await run(pool).settled).code).toBe("FCGI_ERR_NO_UPSTREAM");
    pool.add({ address: a.address, capacity: 1 });
    const running = run(pool);
    await a.begun(1);
    const waiting = run(pool);
    const drained = pool.drain(a.address);
    expect((await waiting.settled).code).toBe("FCGI_ERR_NO_UPSTREAM");
    a.connections[0]!.reply(1);
    await Promise.all([running.settled, drained]);
  });
});

test("close waits for what runs and what waits; destroy cuts", async () => {
  const a = await start("a", {});
  const pool = new BalancedPool([{ address: a.address, capacity: 1 }]);
  const recorders = [run(pool), run(pool)];
  await a.begun(1);
  const closed = pool.close();
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CLOSED");
  a.connections[0]!.reply(1);
  await a.begun(2);
  a.requests[1]!.connection.reply(1);
  await closed;
  expect(recorders.map(({ calls }) => calls.at(-1))).toEqual(["end", "end"]);
  const other = new BalancedPool([{ address: a.address, capacity: 1 }]);
  const cut = [run(other), run(other)];
  await a.begun(3);
  await other.destroy();
  expect(cut.map(({ code }) => code)).toEqual(["FCGI_ERR_DESTROYED", "FCGI_ERR_DESTROYED"]);
});

test("the controller: pause, resume, retain and abort reach the peer that serves", async () => {
  const b = await start("b", {});
  await using pool = new BalancedPool([at("a"), b.address], { policy: "first" });
  const kept: string[] = [];
  const abort = new AbortController();
  const done = new Promise<string>((resolve) => {
    pool.dispatch(
      { params: {}, signal: abort.signal },
      {
        onStdout: (chunk, controller) => {
          const slab = controller.retain();
          kept.push(Buffer.from(chunk).toString());
          slab.release();
          controller.pause();
          expect([controller.reused, controller.stdoutEnded, controller.requestId]).toEqual([false, false, 1]);
          controller.resume();
        },
        onEnd: () => resolve("end"),
        onError: (error, controller) => resolve(`${error.code} ${controller.stderrTail}`),
      },
    );
  });
  await b.begun(1);
  b.connections[0]!.send(stdout(1, "chunk"));
  while (kept.length === 0) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  abort.abort();
  expect(await done).toBe("FCGI_ERR_ABORTED ");
  expect(kept).toEqual(["chunk"]);
});

test.for<[string, () => BalancedPool]>([
  ["A policy is a function or one of", () => new BalancedPool([], { policy: "x" as "first" })],
  ["retryBudget is a share between 0 and 1", () => new BalancedPool([], { retryBudget: 2 })],
  ["The weight of unix:/a is a number above 0", () => new BalancedPool([{ address: "unix:/a", weight: 0 }])],
  ["check needs a path", () => new BalancedPool([], { check: {} })],
  ["maxTries is a whole number of at least 1", () => new BalancedPool([], { maxTries: 0 })],
])("a mistake: %s", ([message, make]) => {
  expect(make).toThrow(message);
});
