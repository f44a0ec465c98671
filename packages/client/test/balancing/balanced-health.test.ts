import { expect, test } from "vitest";

import { BalancedPool } from "../../src/balancing/balanced-pool.ts";
import type { ClientDiagnostics } from "../../src/diagnostics.ts";
import { channels } from "../../src/diagnostics.ts";
import { TestRuntime, turns } from "../support/clock.ts";
import { at, oneByOne, pair, serve, start, usePeerGroup } from "../support/peer-group.ts";
import type { PeerRequest, PeerScript } from "../support/peer.ts";
import { run } from "../support/run.ts";

const half = (): number => 0.5;

usePeerGroup();

test("[f08] an address that refuses is left out after three requests, tried once after a second, and back when it serves", async () => {
  const runtime = new TestRuntime();
  const b = await start("b");
  const told: ClientDiagnostics["fastcgi:client:peer"][] = [];
  const listener = (message: unknown): void => void told.push(message as (typeof told)[0]);
  channels.peer.subscribe(listener);
  const pool = new BalancedPool([at("a"), b.address], { slowStart: 0 }, runtime, half);
  await oneByOne(pool, 6);
  expect(pool.stats.peers.map(({ state }) => state)).toEqual(["ejected", "healthy"]);
  const { retries } = pool.stats;
  expect(await oneByOne(pool, 20)).toEqual(Array.from({ length: 20 }, () => undefined));
  expect(pool.stats.retries).toBe(retries);
  await runtime.pass(1_000);
  await oneByOne(pool, 4);
  expect(pool.stats.retries).toBe(retries + 1);
  const a = await start("a");
  await runtime.pass(2_000);
  await oneByOne(pool, 6);
  expect(a.requests.length).toBeGreaterThanOrEqual(2);
  expect(told.filter(({ address }) => address === at("a")).map(({ state }) => state)).toEqual([
    "ejected",
    "probing",
    "ejected",
    "probing",
    "healthy",
  ]);
  channels.peer.unsubscribe(listener);
  await pool.close();
});

test("a caller's abort is nobody's failure", async () => {
  const [a, b] = await pair({}, {});
  await using pool = new BalancedPool([a.address, b.address], { policy: "first" });
  for (let count = 1; count <= 5; count++) {
    const recorder = run(pool);
    // oxlint-disable-next-line no-await-in-loop
    await a.begun(count);
    recorder.controller.abort();
  }
  expect(pool.stats.peers[0]).toMatchObject({ state: "healthy", fails: 0 });
});

test("[Q10] [f41] all are out: each request is told at once, and the first that listens again serves", async () => {
  const runtime = new TestRuntime();
  await using pool = new BalancedPool([at("a"), at("b")], {}, runtime, half);
  await oneByOne(pool, 10);
  expect(pool.stats.peers.map(({ state }) => state)).toEqual(["ejected", "ejected"]);
  // No time passes here: nobody waits for a time out to end.
  expect(new Set(await oneByOne(pool, 20))).toEqual(new Set(["FCGI_ERR_CONNECT"]));
  await start("b");
  expect((await oneByOne(pool, 4)).at(-1)).toBeUndefined();
});

test("[Q10] a sole address is never left out", async () => {
  await using pool = new BalancedPool([at("a")]);
  await oneByOne(pool, 5);
  expect(pool.stats.peers[0]!.state).toBe("healthy");
  await start("a");
  expect(await oneByOne(pool, 1)).toEqual([undefined]);
});

test("[Q13] [f42] after its recovery a peer gets a few requests at once, then all", async () => {
  const runtime = new TestRuntime();
  const pool = new BalancedPool(
    [
      { address: at("a"), capacity: 20 },
      { address: at("b"), backup: true },
    ],
    {},
    runtime,
    half,
  );
  await oneByOne(pool, 3);
  expect(pool.stats.peers[0]!.state).toBe("ejected");
  const open: PeerRequest[] = [];
  const a = await start("a", { onRequest: (request) => void open.push(request) });
  await runtime.pass(1_000);
  const probe = run(pool);
  await a.begun(1);
  open[0]!.connection.reply(1);
  await probe.settled;
  const recorders = Array.from({ length: 40 }, () => run(pool, { queueTimeout: 0 }));
  await a.begun(2);
  await turns(20);
  expect(a.requests).toHaveLength(2);
  await runtime.pass(5_000);
  open[1]!.connection.reply(1);
  await a.begun(12);
  await turns(20);
  // Half of its capacity of 20.
  expect(a.requests).toHaveLength(12);
  await pool.destroy();
  await Promise.all(recorders.map((recorder) => recorder.settled));
});

test("active checks: an address that answers its ping badly gets nothing, until it answers well", async () => {
  const runtime = new TestRuntime();
  let healthy = false;
  let checks = 0;
  let checked: () => void = () => {};
  const script: PeerScript = {
    onRequest: ({ id, params, connection }) => {
      if (params.get("SCRIPT_NAME") !== "/ping") return connection.reply(id);
      expect(params.get("QUERY_STRING")).toBe("full");
      connection.reply(id, "pong", healthy ? undefined : "Status: 500 No\r\nContent-Type: a/b\r\n\r\n");
      checks++;
      void connection.ended.then(() => checked());
    },
  };
  const [a, b] = await pair(script, serve);
  const options = { check: { path: "/ping?full", interval: 1_000, fall: 2, rise: 2 }, slowStart: 0 };
  const pool = new BalancedPool([a.address, b.address], options, runtime, half);
  const check = async (count: number): Promise<void> => {
    for (const until = checks + count; checks < until;) {
      const done = new Promise<void>((resolve) => (checked = resolve));
      // oxlint-disable-next-line no-await-in-loop
      await runtime.pass(1_100);
      // oxlint-disable-next-line no-await-in-loop
      await done;
      // oxlint-disable-next-line no-await-in-loop
      await turns(5);
    }
  };
  await check(1);
  expect(pool.stats.peers[0]!.state).toBe("healthy");
  await check(1);
  expect(pool.stats.peers[0]!.state).toBe("down");
  await oneByOne(pool, 4);
  expect(a.requests.length).toBe(2);
  healthy = true;
  await check(2);
  expect(pool.stats.peers[0]!.state).toBe("healthy");
  await pool.close();
  expect(runtime.timeouts.size).toBe(0);
});
