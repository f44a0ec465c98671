import { afterEach, beforeEach, expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer, stderr } from "./support/peer.ts";
import type { PeerScript } from "./support/peer.ts";
import { run } from "./support/run.ts";

let runtime: TestRuntime;
let peer: Peer;
let pool: Pool;

beforeEach(() => {
  runtime = new TestRuntime();
});
afterEach(async () => {
  await pool.destroy();
  await peer.stop();
  expect(runtime.timeouts.size).toBe(0);
});

async function start(script: PeerScript = {}, options: ConstructorParameters<typeof Pool>[1] = {}): Promise<void> {
  peer = await Peer.start(script);
  pool = new Pool(peer.address, options, runtime);
}

test("[f10] [V44] [Q8] no first byte in time: FCGI_ERR_HEADERS_TIMEOUT, the connection is closed", async () => {
  await start();
  const recorder = run(pool, { headersTimeout: 3_000 });
  await peer.begun(1);
  await runtime.pass(2_900);
  expect(recorder.calls).toEqual(["start"]);
  await runtime.pass(300);
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_HEADERS_TIMEOUT", phase: "response-head", requestId: 1 });
  await peer.connections[0]!.ended;
  expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
});

test("stderr and progress of the body count as life before the first byte", async () => {
  await start();
  let push!: (chunk: Uint8Array) => boolean;
  const source = {
    start: (sink: { write(chunk: Uint8Array): boolean }) => void (push = (chunk) => sink.write(chunk)),
    pause: () => {},
    resume: () => {},
  };
  const recorder = run(pool, { headersTimeout: 3_000, stdin: source });
  await peer.begun(1);
  await runtime.pass(2_000);
  push(Buffer.from("x"));
  await runtime.pass(2_000);
  peer.connections[0]!.send(stderr(1, "still here"));
  while (recorder.stderr === "") {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  await runtime.pass(2_000);
  expect(recorder.code).toBeUndefined();
  await runtime.pass(1_300);
  expect(recorder.code).toBe("FCGI_ERR_HEADERS_TIMEOUT");
  expect(recorder.error!.stderr).toBe("still here");
});

test("[f11] [V44] the answer stalls: FCGI_ERR_BODY_TIMEOUT", async () => {
  await start();
  const recorder = run(pool, { headersTimeout: 60_000, bodyTimeout: 2_000 });
  await peer.begun(1);
  for (let chunk = 1; chunk <= 4; chunk++) {
    peer.connections[0]!.stdout(1, "x");
    while (recorder.stdout.length < chunk) {
      // oxlint-disable-next-line no-await-in-loop
      await turns();
    }
    // oxlint-disable-next-line no-await-in-loop
    await runtime.pass(1_900);
  }
  expect(recorder.calls).toEqual(["start", "stdout"]);
  await runtime.pass(400);
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_BODY_TIMEOUT", phase: "response-body" });
  await peer.connections[0]!.ended;
});

test("a consumer that pauses does not make the application late", async () => {
  await start();
  const recorder = run(pool, { bodyTimeout: 2_000 });
  await peer.begun(1);
  peer.connections[0]!.stdout(1, "x");
  await recorder.answered;
  recorder.controller.pause();
  await runtime.pass(30_000);
  expect(recorder.code).toBeUndefined();
  recorder.controller.resume();
  await runtime.pass(1_900);
  expect(recorder.code).toBeUndefined();
  peer.connections[0]!.stdout(1, "y");
  while (recorder.stdout.length < 2) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  await runtime.pass(2_300);
  expect(recorder.code).toBe("FCGI_ERR_BODY_TIMEOUT");
});

test("a neighbour that pauses a shared connection does not make the application late", async () => {
  await start({}, { multiplex: 2, streamBuffer: 0 });
  const [slow, other] = [run(pool), run(pool, { headersTimeout: 2_000 })];
  await peer.begun(2);
  peer.connections[0]!.stdout(1, "x");
  await slow.answered;
  slow.controller.pause();
  await runtime.pass(10_000);
  slow.controller.resume();
  await runtime.pass(1_800);
  expect(other.code).toBeUndefined();
  await runtime.pass(2_300);
  expect(other.code).toBe("FCGI_ERR_HEADERS_TIMEOUT");
});

test("[f09] an application that takes nothing: FCGI_ERR_SEND_TIMEOUT, the place is free", async () => {
  await start({ onConnection: ({ socket }) => socket.pause() }, { capacity: 1 });
  const recorder = run(pool, { stdin: Buffer.alloc(32 * 1024 * 1024), sendTimeout: 3_000 });
  await peer.accepted(1);
  await recorder.started;
  await turns(200);
  await runtime.pass(2_900);
  expect(recorder.calls).toEqual(["start"]);
  await runtime.pass(300);
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_SEND_TIMEOUT", address: peer.address, phase: "send" });
  expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
});

test("an application that takes nothing but answers is not stuck", async () => {
  await start({ onConnection: ({ socket }) => socket.pause() });
  const recorder = run(pool, { stdin: Buffer.alloc(32 * 1024 * 1024), sendTimeout: 3_000 });
  await peer.accepted(1);
  await recorder.started;
  await turns(200);
  for (let chunk = 1; chunk <= 4; chunk++) {
    // oxlint-disable-next-line no-await-in-loop
    await runtime.pass(2_000);
    peer.connections[0]!.stdout(1, "x");
    while (recorder.stdout.length < chunk) {
      // oxlint-disable-next-line no-await-in-loop
      await turns();
    }
  }
  expect(recorder.code).toBeUndefined();
  await runtime.pass(3_300);
  expect(recorder.code).toBe("FCGI_ERR_SEND_TIMEOUT");
});

test("[Q8] on a kept connection the timeout counts from the request's own beginning, and is no other's", async () => {
  await start({}, { capacity: 1 });
  const first = run(pool, { headersTimeout: 3_000 });
  await peer.begun(1);
  await runtime.pass(2_500);
  const second = run(pool, { headersTimeout: 3_000 });
  peer.connections[0]!.reply(1);
  await first.settled;
  await peer.begun(2);
  await runtime.pass(2_900);
  expect(second.calls).toEqual(["start"]);
  await runtime.pass(300);
  expect(second.code).toBe("FCGI_ERR_HEADERS_TIMEOUT");
  expect(first.calls).toEqual(["start", "stdout", "end"]);
});

test("a connection that is left alone closes after its idle time, whatever timeout its last request had", async () => {
  await start({ onRequest: ({ id, connection }) => connection.reply(id) }, { capacity: 2 });
  await run(pool, { headersTimeout: 60_000 }).settled;
  await turns();
  expect(pool.stats.connections).toBe(1);
  await runtime.pass(1_300);
  expect(pool.stats.connections).toBe(0);
});

test("0 is no timeout", async () => {
  await start();
  const recorder = run(pool, { headersTimeout: 0, bodyTimeout: 0 });
  await peer.begun(1);
  await runtime.pass(600_000);
  peer.connections[0]!.stdout(1, "x");
  await recorder.answered;
  await runtime.pass(600_000);
  expect(recorder.code).toBeUndefined();
  peer.connections[0]!.end(1);
  await recorder.settled;
  expect(recorder.ended).toBeDefined();
});

test("[f36] a blocked event loop: what has arrived meanwhile is read before the timeout is looked at", async () => {
  await start();
  const recorder = run(pool, { headersTimeout: 2_000 });
  await peer.begun(1);
  peer.connections[0]!.reply(1);
  // The answer is in the kernel when the clock is looked at again.
  await new Promise<void>((resolve) => {
    // Where the interval ticks, too: before the loop polls.
    setTimeout(() => {
      runtime.time += 10_000;
      runtime.timeouts.tick();
      resolve();
    });
  });
  await recorder.settled;
  expect(recorder.calls).toEqual(["start", "stdout", "end"]);
});

test("nothing to connect to within the time: the request fails with FCGI_ERR_CONNECT", async () => {
  await start();
  await peer.stop();
  const recorders = [run(pool), run(pool), run(pool)];
  for (const { settled } of recorders) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await settled).error).toMatchObject({ code: "FCGI_ERR_CONNECT", address: peer.address, phase: "connect" });
  }
  expect(recorders[0]!.error).not.toBe(recorders[1]!.error);
  expect(pool.stats).toMatchObject({ active: 0, connections: 0, connecting: 0, queued: 0 });
});
