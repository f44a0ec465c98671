import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { end, Peer, raw, stdout } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";
import { run } from "./support/run.ts";

const reply = (request: PeerRequest): void => request.connection.reply(request.id);

test("[P43] unknown capacity: no FCGI_KEEP_CONN, one request a connection, closed at once after its end", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address);
  await run(pool).settled;
  await run(pool).settled;
  expect(peer.requests.map((request) => request.keepConn)).toEqual([false, false]);
  expect(peer.connections).toHaveLength(2);
  expect(pool.stats).toMatchObject({ connections: 0, idle: 0, active: 0, opened: 2, reused: 0 });
  await Promise.all(peer.connections.map((connection) => connection.ended));
});

test("unknown capacity: 32 at once, the rest wait their turn", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address);
  const recorders = Array.from({ length: 40 }, (_, index) => run(pool, { params: { N: String(index) } }));
  await peer.begun(32);
  expect(pool.stats).toMatchObject({ active: 32, queued: 8, connections: 32, connecting: 0 });
  reply(peer.requests.find((request) => request.params.get("N") === "7")!);
  await recorders[7]!.settled;
  await peer.begun(33);
  expect(peer.requests[32]!.params.get("N")).toBe("32");
  await pool.destroy();
});

test("known capacity: kept, and never more than the capacity busy and idle together", async () => {
  let most = 0;
  await using peer = await Peer.start({ onRequest: reply });
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 3 }, runtime);
  const watch = (): void => {
    const { connections, connecting } = pool.stats;
    most = Math.max(most, connections + connecting);
  };
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const recorder = run(pool, { params: { N: String(index) } });
      watch();
      await recorder.started;
      watch();
      await recorder.settled;
      watch();
      expect(recorder.stdout).toContain("ok");
    }),
  );
  expect(most).toBe(3);
  expect(peer.requests.every((request) => request.keepConn)).toBe(true);
  expect(pool.stats).toMatchObject({ active: 0, queued: 0, opened: 3, reused: 57 });
  await runtime.pass(100);
  expect(pool.stats).toMatchObject({ connections: 2, idle: 2 });
  await pool.close();
});

test.for([
  { capacity: 1, idle: 1 },
  { capacity: 2, idle: 1 },
  { capacity: 4, idle: 3 },
])("known capacity $capacity: at most $idle stay idle", async ({ capacity, idle }) => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity }, runtime);
  const recorders = Array.from({ length: capacity }, () => run(pool));
  await peer.begun(capacity);
  peer.requests.forEach(reply);
  await Promise.all(recorders.map((recorder) => recorder.settled));
  await runtime.pass(100);
  expect(pool.stats).toMatchObject({ idle, connections: idle, active: 0 });
  await pool.close();
});

test("an idle connection too many is left to the requests of the same moment, and none is opened in its place", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 2 }, runtime);
  for (let round = 0; round < 3; round++) {
    // oxlint-disable-next-line no-await-in-loop -- both are idle in between
    await Promise.all([run(pool).settled, run(pool).settled]);
    expect(pool.stats).toMatchObject({ idle: 2, opened: 2 });
  }
  await runtime.pass(100);
  expect(pool.stats).toMatchObject({ idle: 1, connections: 1 });
  expect(pool.stats.opened).toBe(2);
  await pool.close();
  expect(runtime.timeouts.size).toBe(0);
});

test("an idle connection too many goes at once when the pool is closed", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 2 });
  await Promise.all([run(pool).settled, run(pool).settled]);
  expect(pool.stats.idle).toBe(2);
  await pool.close();
  expect(pool.stats.connections).toBe(0);
});

test("the connection that rested last is the next one used", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 3 });
  const recorders = [run(pool), run(pool)];
  await peer.begun(2);
  const [first, second] = peer.requests as [PeerRequest, PeerRequest];
  reply(first);
  await Promise.race(recorders.map((recorder) => recorder.settled));
  reply(second);
  await Promise.all(recorders.map((recorder) => recorder.settled));
  for (let count = 3; count < 6; count++) {
    const recorder = run(pool);
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await peer.begun(count);
    expect(peer.requests[count - 1]!.connection).toBe(second.connection);
    reply(peer.requests[count - 1]!);
    // oxlint-disable-next-line no-await-in-loop
    await recorder.settled;
  }
  await pool.close();
});

test("an idle connection is closed after a second", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 2 }, runtime);
  await run(pool).settled;
  await runtime.pass(900);
  expect(pool.stats.idle).toBe(1);
  await runtime.pass(200);
  expect(pool.stats).toMatchObject({ idle: 0, connections: 0 });
  await peer.connections[0]!.ended;
  expect(runtime.timeouts.size).toBe(0);
});

test("a connection is closed when it is a second old, however short it has been idle: others may wait for its process", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 2 }, runtime);
  const one = run(pool);
  await peer.begun(1);
  await runtime.pass(800);
  reply(peer.requests[0]!);
  await one.settled;
  expect(pool.stats.idle).toBe(1);
  await runtime.pass(300);
  expect(pool.stats).toMatchObject({ idle: 0, connections: 0 });
  await peer.connections[0]!.ended;
});

test("a connection that is a second old is closed when its request ends, and the next one queues up anew", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 1 }, runtime);
  const [one, two] = [run(pool), run(pool)];
  await peer.begun(1);
  await runtime.pass(1_100);
  reply(peer.requests[0]!);
  await one.settled;
  await peer.begun(2);
  expect(peer.requests[1]!.connection).not.toBe(peer.requests[0]!.connection);
  reply(peer.requests[1]!);
  await two.settled;
  expect(pool.stats).toMatchObject({ opened: 2, reused: 0, idle: 1 });
  await pool.close();
});

test("multiplexing: many requests on one connection, which rests for a minute however old it is", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { multiplex: 4 }, runtime);
  const recorders = Array.from({ length: 6 }, () => run(pool));
  await peer.begun(4);
  expect(peer.requests.map((request) => request.id)).toEqual([1, 2, 3, 4]);
  expect(pool.stats).toMatchObject({ connections: 1, active: 4, queued: 2 });
  await runtime.pass(3_000);
  for (const request of peer.requests) reply(request);
  await peer.begun(6);
  for (const request of peer.requests.slice(4)) reply(request);
  await Promise.all(recorders.map((recorder) => recorder.settled));
  await runtime.pass(59_000);
  expect(pool.stats).toMatchObject({ connections: 1, idle: 1, opened: 1, reused: 5 });
  await runtime.pass(1_100);
  expect(pool.stats).toMatchObject({ connections: 0, idle: 0 });
});

test("multiplexing over several connections: capacity divided by multiplex, requests spread over them", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4, capacity: 7 });
  const recorders = Array.from({ length: 9 }, () => run(pool));
  await peer.begun(7);
  await turns(2);
  expect(pool.stats).toMatchObject({ connections: 2, active: 7, queued: 2 });
  peer.requests.slice(0, 7).forEach(reply);
  await peer.begun(9);
  peer.requests.slice(7).forEach(reply);
  await Promise.all(recorders.map((recorder) => recorder.settled));
  await pool.close();
});

test.for([
  { what: "a byte", send: Buffer.from([1]) },
  { what: "a late STDOUT record", send: stdout(1, "poison") },
  { what: "a late END_REQUEST", send: raw(3, 1, Buffer.alloc(8)) },
  { what: "an empty STDOUT record", send: raw(6, 1) },
  { what: "a management record", send: raw(10, 0) },
])("[P97] [V17] [TF20] $what on an idle connection: destroyed, never used again", async ({ send }) => {
  await using peer = await Peer.start({ onRequest: reply });
  // A clock that stands still: it is not the idle time that closes the connection.
  const pool = new Pool(peer.address, { capacity: 2 }, new TestRuntime());
  await run(pool).settled;
  peer.connections[0]!.send(send);
  await peer.connections[0]!.ended;
  expect(pool.stats).toMatchObject({ idle: 0, connections: 0 });
  const next = await run(pool).settled;
  expect(next.stdout).toBe("Content-Type: text/plain\r\n\r\nok");
  expect(peer.connections).toHaveLength(2);
  await pool.close();
});

test("[TF21] an application that closes idle connections: they vanish without an error", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 2 });
  await run(pool).settled;
  peer.connections[0]!.socket.end();
  await peer.connections[0]!.ended;
  expect(pool.stats).toMatchObject({ idle: 0, connections: 0 });
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  await pool.close();
});

test("[TF21] [f05] a reset right after END_REQUEST: the request succeeds, the connection is gone", async () => {
  await using peer = await Peer.start({
    tcp: true,
    onRequest: (request) => {
      request.connection.reply(request.id);
      request.connection.socket.end(() => request.connection.socket.resetAndDestroy());
    },
  });
  const pool = new Pool(peer.address, { capacity: 2 });
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  await peer.connections[0]!.ended;
  await turns(2);
  expect(pool.stats.connections).toBe(0);
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  expect(peer.connections).toHaveLength(2);
  await pool.close();
});

test("reuse: false gets a connection of its own, without FCGI_KEEP_CONN, closed at its end", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  await run(pool).settled;
  await run(pool, { reuse: false }).settled;
  expect(peer.requests.map((request) => request.keepConn)).toEqual([true, false]);
  expect(peer.connections).toHaveLength(2);
  expect(pool.stats).toMatchObject({ connections: 0, opened: 2, reused: 0 });
  await run(pool).settled;
  expect(peer.requests[2]!.keepConn).toBe(true);
  await pool.close();
});

test("reuse: false waits for a fresh connection without holding up those behind it", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 2 });
  run(pool);
  run(pool);
  await peer.begun(2);
  run(pool, { reuse: false, params: { N: "own" } });
  run(pool, { params: { N: "shared" } });
  reply(peer.requests[0]!);
  await peer.begun(3);
  reply(peer.requests[1]!);
  await peer.begun(4);
  const names = peer.requests.slice(2).map((request) => request.params.get("N"));
  expect(new Set(names)).toEqual(new Set(["own", "shared"]));
  const own = peer.requests.find((request) => request.params.get("N") === "own")!;
  expect(own.connection.requests.size).toBe(1);
  expect(pool.stats.connections).toBe(2);
  await pool.destroy();
});

test("reuse: false on a multiplexing application opens one connection more", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4 });
  run(pool);
  await peer.begun(1);
  const own = run(pool, { reuse: false });
  await peer.begun(2);
  expect(pool.stats).toMatchObject({ connections: 2, active: 2 });
  expect(peer.requests[1]!.connection).not.toBe(peer.requests[0]!.connection);
  reply(peer.requests[1]!);
  await own.settled;
  expect(pool.stats).toMatchObject({ connections: 1, active: 1 });
  await pool.destroy();
});

test("an application that is killed and started again: requests work again", async () => {
  const first = await Peer.start({ onRequest: reply, path: `\0x-client-${process.pid}` });
  const pool = new Pool(first.address, { capacity: 2 });
  await run(pool).settled;
  const { ended } = first.connections[0]!;
  await first.stop();
  await ended;
  await turns(2);
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CONNECT");
  await using second = await Peer.start({ onRequest: reply, path: `\0x-client-${process.pid}` });
  expect(second.address).toBe(first.address);
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  await pool.close();
});

test("[f40] a host name with several addresses: the one that answers is used, and read from", async () => {
  await using peer = await Peer.start({ tcp: true, onRequest: reply });
  // Where `localhost` is ::1 first, nobody listens there.
  const pool = new Pool(peer.address.replace("127.0.0.1", "localhost"), { capacity: 1 });
  const recorders = [run(pool), run(pool)];
  for (const { settled } of recorders) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await settled).calls).toEqual(["start", "stdout", "end"]);
  }
  expect(pool.stats).toMatchObject({ opened: 1, reused: 1 });
  await pool.close();
});

test("[C25] what follows a request whose body goes nowhere waits for its END_REQUEST on the same connection", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const head = pool.request({ params: { REQUEST_METHOD: "HEAD" } });
  await peer.begun(1);
  const [first] = peer.requests;
  first!.connection.send(stdout(first!.id, "Content-Type: text/plain\r\n\r\nbody that nobody asked for"));
  const { body, ended } = await head;
  const text = body.text();
  const second = run(pool);
  expect(pool.stats).toMatchObject({ active: 1, queued: 1 });
  first!.connection.send(stdout(first!.id, " and more of it"), end(first!.id));
  await ended;
  expect(await text).toBe("");
  await peer.begun(2);
  reply(peer.requests[1]!);
  await second.settled;
  expect(second.stdout).toContain("ok");
  expect(second.stdout).not.toContain("nobody");
  expect(peer.connections).toHaveLength(1);
  await pool.close();
});
