import { expect, test } from "vitest";

import type { DispatchController, DispatchHandler } from "../src/dispatcher.ts";
import type { PoolOptions } from "../src/pool-options.ts";
import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { end, Peer, stderr, stdout } from "./support/peer.ts";
import { Recorder } from "./support/recorder.ts";
import { run } from "./support/run.ts";

/** A recorder that pauses at once, and after each chunk that it gets when it has resumed. */
class Slow extends Recorder implements DispatchHandler {
  override onStart(controller: DispatchController): void {
    super.onStart(controller);
    controller.pause();
  }

  override onStdout(chunk: Uint8Array): void {
    super.onStdout(chunk);
    this.controller.pause();
  }
}

async function start(options: PoolOptions = {}): Promise<{ peer: Peer; pool: Pool; runtime: TestRuntime; slow: Slow }> {
  const runtime = new TestRuntime();
  const peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4, ...options }, runtime);
  const opening = run(pool);
  await peer.begun(1);
  const slow = new Slow();
  pool.dispatch({ params: {} }, slow);
  await peer.begun(2);
  expect(opening.calls).toEqual(["start"]);
  return { peer, pool, runtime, slow };
}

test("[TF25] a slow consumer hurts only itself: what it does not take is held, the others are served", async () => {
  const { peer, pool, slow, runtime } = await start();
  await using _ = peer;
  const [connection] = peer.connections;
  connection!.send(stdout(2, "held "), stderr(2, "warned"), stdout(2, "too"), end(2, 3));
  const others = Array.from({ length: 20 }, () => run(pool));
  for (let count = 0; count < others.length; count++) {
    // oxlint-disable-next-line no-await-in-loop
    await peer.begun(3 + count);
    connection!.reply(peer.requests[2 + count]!.id);
    // oxlint-disable-next-line no-await-in-loop
    expect((await others[count]!.settled).calls.at(-1)).toBe("end");
  }
  expect(slow.calls).toEqual(["start"]);
  expect(pool.stats).toMatchObject({ stalls: 0, connections: 1 });
  slow.controller.resume();
  await turns();
  expect([slow.stdout, slow.stderr]).toEqual(["held ", ""]);
  slow.controller.resume();
  await turns();
  expect([slow.stdout, slow.stderr]).toEqual(["held too", "warned"]);
  slow.controller.resume();
  await slow.settled;
  expect(slow.ended).toEqual({ appStatus: 3, protocolStatus: 0 });
  expect(slow.calls).toEqual(["start", "stdout", "stderr", "stdout", "end"]);
  expect(runtime.slabs.held).toBe(0);
  await pool.destroy();
});

test("[TF25] beyond streamBuffer the connection is not read: a stall, which stats count until the consumer goes on", async () => {
  const { peer, pool, runtime, slow } = await start({ streamBuffer: 100_000 });
  await using _ = peer;
  const [connection] = peer.connections;
  const sent = 4 * 60_000;
  for (let count = 0; count < 4; count++) connection!.stdout(2, Buffer.alloc(60_000, "x"));
  connection!.send(end(2));
  while (pool.stats.stalls === 0) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  const waiting = run(pool);
  await runtime.pass(3_000);
  expect(waiting.calls).toEqual([]);
  expect(pool.stats).toMatchObject({ stalls: 1, stallTime: 0 });
  expect(runtime.slabs.held).toBeLessThanOrEqual(4);
  while (slow.ended === undefined) {
    slow.controller.resume();
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  expect(slow.stdout).toBe("x".repeat(sent));
  expect(pool.stats.stallTime).toBeGreaterThanOrEqual(3_000);
  await peer.begun(3);
  expect(runtime.slabs.held).toBe(0);
  await pool.destroy();
});

test("a stall that lasts is ended: the slow request fails, the others go on", async () => {
  const { peer, pool, runtime, slow } = await start({ streamBuffer: 10, stallTimeout: 2_000 });
  await using _ = peer;
  const [connection] = peer.connections;
  connection!.send(stdout(2, "x".repeat(20)));
  while (pool.stats.stalls === 0) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  await runtime.pass(2_200);
  expect((await slow.settled).code).toBe("FCGI_ERR_BODY_TIMEOUT");
  const other = run(pool);
  await peer.begun(3);
  expect(peer.requests[1]!.aborted).toBe(true);
  connection!.send(end(2));
  connection!.reply(peer.requests[2]!.id);
  expect((await other.settled).calls.at(-1)).toBe("end");
  expect(slow.chunks).toEqual([]);
  expect(runtime.slabs.held).toBe(0);
  await pool.destroy();
});

test("what is held is delivered before the error of a connection that broke", async () => {
  const { peer, pool, runtime, slow } = await start();
  await using _ = peer;
  const [connection] = peer.connections;
  connection!.send(stdout(2, "last words"), stdout(1, "told"));
  const other = run(pool);
  await peer.begun(3);
  connection!.socket.destroy();
  expect((await other.settled).code).toBe("FCGI_ERR_SOCKET");
  expect(slow.error).toBeUndefined();
  slow.controller.resume();
  await turns();
  slow.controller.resume();
  expect((await slow.settled).code).toBe("FCGI_ERR_SOCKET");
  expect([slow.stdout, runtime.slabs.held]).toEqual(["last words", 0]);
  await pool.destroy();
});

test("a held chunk can be retained", async () => {
  const { peer, pool, runtime } = await start();
  await using _ = peer;
  let release = (): void => {};
  let kept: Uint8Array | undefined;
  const ended = new Promise<void>((resolve) => {
    const controller = pool.dispatch(
      { params: {} },
      {
        onStart: (started) => started.pause(),
        onStdout: (chunk, from) => {
          const slab = from.retain();
          release = () => slab.release();
          kept = chunk;
        },
        onEnd: () => resolve(),
        onError: () => {},
      },
    );
    void peer.begun(3).then(async () => {
      peer.connections[0]!.send(stdout(3, "kept"), end(3));
      peer.connections[0]!.reply(1);
      while (pool.stats.active > 1) {
        // oxlint-disable-next-line no-await-in-loop
        await turns();
      }
      controller.resume();
    });
  });
  await ended;
  expect(runtime.slabs.held).toBe(1);
  expect(Buffer.from(kept!).toString()).toBe("kept");
  release();
  expect(runtime.slabs.held).toBe(0);
  await pool.destroy();
});

test("an abort while its end is held: nothing more is delivered, the error is told once", async () => {
  const { peer, pool, runtime, slow } = await start();
  await using _ = peer;
  peer.connections[0]!.send(stdout(2, "held"), end(2));
  const other = run(pool);
  await peer.begun(3);
  peer.connections[0]!.reply(peer.requests[2]!.id);
  await other.settled;
  slow.controller.resume();
  slow.controller.abort();
  expect((await slow.settled).calls).toEqual(["start", "error"]);
  await turns(2);
  expect(slow.calls).toEqual(["start", "error"]);
  expect(runtime.slabs.held).toBe(0);
  await pool.destroy();
});

test("close waits until a slow consumer has taken what is held for it; destroy does not", async () => {
  for (const cut of [false, true]) {
    // oxlint-disable-next-line no-await-in-loop
    const { peer, pool, slow } = await start();
    const [connection] = peer.connections;
    connection!.send(stdout(2, "held"), end(2), end(1));
    // oxlint-disable-next-line no-await-in-loop
    while (pool.stats.active > 0) await turns();
    let closed = false;
    const closing = (cut ? pool.destroy() : pool.close()).then(() => (closed = true));
    // oxlint-disable-next-line no-await-in-loop
    await turns(5);
    expect(closed).toBe(cut);
    slow.controller.resume();
    // oxlint-disable-next-line no-await-in-loop
    await turns();
    slow.controller.resume();
    // oxlint-disable-next-line no-await-in-loop
    await closing;
    expect([slow.stdout, slow.code]).toEqual(cut ? ["", "FCGI_ERR_DESTROYED"] : ["held", undefined]);
    // oxlint-disable-next-line no-await-in-loop
    await peer.stop();
  }
});

test("[f21] [TF25] a hundred consumers that take nothing hold a buffer each, and others are served", async () => {
  const SLOW = 100;
  const size = 1_048_576;
  const large = Buffer.concat([stdout(1, Buffer.alloc(size, "x")), end(1)]);
  await using peer = await Peer.start({
    onRequest: ({ id, connection, params }) =>
      params.get("SLOW") === "1" ? connection.send(large) : connection.reply(id, "quick"),
  });
  const pool = new Pool(peer.address, { capacity: SLOW + 4 });
  const slow = Array.from({ length: SLOW }, () => new Slow());
  for (const recorder of slow) pool.dispatch({ params: { SLOW: "1" } }, recorder);
  await peer.begun(SLOW);
  for (let count = 0; count < 50; count++) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await run(pool).settled).stdout).toContain("quick");
  }
  for (const { stdout: got } of slow) expect(got.length).toBeLessThanOrEqual(65_536);
  const [one] = slow;
  while (one!.ended === undefined) {
    one!.controller.resume();
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  expect(one!.stdout.length).toBe(size);
  await pool.destroy();
});
