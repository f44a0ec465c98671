import { expect, test } from "vitest";

import type { DispatchHandler } from "../src/dispatcher.ts";
import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { end, Peer, stdout } from "./support/peer.ts";
import { Recorder } from "./support/recorder.ts";
import { run } from "./support/run.ts";

const REASON = new Error("changed my mind");

test("[P66] [V16] after the head was sent: the connection is closed, ABORT_REQUEST is not sent", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const abort = new AbortController();
  const recorder = run(pool, { signal: abort.signal });
  await peer.begun(1);
  abort.abort(REASON);
  expect(recorder.error).toMatchObject({
    code: "FCGI_ERR_ABORTED",
    cause: REASON,
    phase: "response-head",
    requestId: 1,
  });
  await peer.connections[0]!.ended;
  expect(peer.requests[0]!.aborted).toBe(false);
  expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
});

test("[f24] [P66] in the middle of the answer: the connection is closed, nothing more is delivered", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.send(stdout(id, "one"), stdout(id, "two"), end(id)),
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorder = new Recorder();
  const handler: DispatchHandler = {
    onStdout: (chunk, controller) => {
      recorder.onStdout(chunk);
      controller.abort(REASON);
    },
    onEnd: (ended) => recorder.onEnd(ended),
    onError: (error) => recorder.onError(error),
  };
  pool.dispatch({ params: {} }, handler);
  await recorder.settled;
  await peer.connections[0]!.ended;
  await turns(2);
  expect(recorder.stdout).toBe("one");
  expect(recorder.calls).toEqual(["stdout", "error"]);
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_ABORTED", phase: "response-body" });
});

test("[f22] in the middle of the body: no end of STDIN is sent, the source is cancelled", async () => {
  let cancelled: Error | undefined;
  await using peer = await Peer.start();
  const pool = new Pool(peer.address);
  const source = {
    start: (sink: { write(chunk: Uint8Array): boolean }) => void sink.write(Buffer.from("part")),
    pause: () => {},
    resume: () => {},
    cancel: (reason?: Error) => (cancelled = reason),
  };
  const recorder = run(pool, { stdin: source });
  await peer.begun(1);
  recorder.controller.abort(REASON);
  await peer.connections[0]!.ended;
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect(cancelled).toBe(recorder.error);
  // The last record is STDIN with content, not the empty one that would make the part a whole.
  const received = Buffer.concat(peer.connections[0]!.received);
  expect(received.subarray(-16, -8)).toEqual(Buffer.from([1, 5, 0, 1, 0, 4, 4, 0]));
});

test("in onStart: nothing of the request is sent", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorder = new Recorder();
  pool.dispatch(
    { params: {}, stdin: "body" },
    {
      onStart: (controller) => controller.abort(REASON),
      onStdout: () => {},
      onEnd: (ended) => recorder.onEnd(ended),
      onError: (error) => recorder.onError(error),
    },
  );
  expect((await recorder.settled).code).toBe("FCGI_ERR_ABORTED");
  await peer.accepted(1);
  await peer.connections[0]!.ended;
  expect(peer.connections[0]!.receivedBytes).toBe(0);
});

test("when the request has ended, abort() and the signal do nothing", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address, { capacity: 1 });
  const abort = new AbortController();
  const recorder = await run(pool, { signal: abort.signal }).settled;
  abort.abort();
  recorder.controller.abort();
  await turns(2);
  expect(recorder.calls).toEqual(["start", "stdout", "end"]);
  expect(pool.stats).toMatchObject({ idle: 1, active: 0 });
  await pool.close();
});

test("a signal used for many requests keeps no listener of those that have ended", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address, { capacity: 1 });
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...args: Parameters<typeof add>) => void (listeners++, add.apply(signal, args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => void (listeners--, remove.apply(signal, args));
  await Promise.all(Array.from({ length: 20 }, () => run(pool, { signal }).settled));
  expect(listeners).toBe(0);
  await pool.close();
});

test("[V20] aborted uploads ×1,000 leave nothing behind", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 8, queue: 2_000 }, runtime);
  const source = () => ({ start: () => {}, pause: () => {}, resume: () => {} });
  const recorders = Array.from({ length: 1_000 }, () => {
    const recorder = run(pool, { stdin: source() });
    void recorder.started.then(() => recorder.controller.abort());
    return recorder;
  });
  await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(pool.stats).toMatchObject({ active: 0, queued: 0, connecting: 0, connections: 0 });
  expect(runtime.timeouts.size).toBe(0);
  await pool.close();
});

test("[P63] [P66] [TF23] of many on one connection: ABORT_REQUEST, the others go on, the id stays reserved", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 3 });
  const [one, two, three] = [run(pool), run(pool), run(pool)];
  await peer.begun(3);
  two.controller.abort(REASON);
  expect(two.error).toMatchObject({ code: "FCGI_ERR_ABORTED", requestId: 2 });
  const four = run(pool);
  while (!peer.requests[1]!.aborted) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  await turns(2);
  // The application may still be at it: no place is free.
  expect(pool.stats).toMatchObject({ active: 3, queued: 1, connections: 1 });
  const [connection] = peer.connections;
  connection!.send(stdout(2, "late"), stdout(1, "one"), end(1), end(2));
  await one.settled;
  await peer.begun(4);
  expect(peer.requests[3]!.id).toBe(1);
  connection!.send(stdout(3, "three"), end(3), stdout(1, "four"), end(1));
  await Promise.all([three.settled, four.settled]);
  expect([one, two, three, four].map(({ stdout }) => stdout)).toEqual(["one", "", "three", "four"]);
  expect(two.calls).toEqual(["start", "error"]);
  await pool.close();
});

test("an aborted request that is never ended: no new requests, and the connection goes with the last of the others", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { multiplex: 4 }, runtime);
  const [one, two] = [run(pool), run(pool)];
  await peer.begun(2);
  one.controller.abort();
  await runtime.pass(5_200);
  const three = run(pool);
  await peer.begun(3);
  expect(peer.requests[2]!.connection).not.toBe(peer.requests[0]!.connection);
  peer.connections[0]!.reply(2, "two");
  expect((await two.settled).stdout).toContain("two");
  await peer.connections[0]!.ended;
  peer.connections[1]!.reply(1, "three");
  expect((await three.settled).stdout).toContain("three");
  expect(pool.stats).toMatchObject({ active: 0, connections: 1 });
  await pool.close();
});

test("an aborted request that is never ended, alone: the connection is closed", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { multiplex: 4 }, runtime);
  const recorder = run(pool);
  await peer.begun(1);
  recorder.controller.abort();
  await runtime.pass(4_900);
  expect(pool.stats).toMatchObject({ active: 1, connections: 1 });
  await runtime.pass(300);
  await peer.connections[0]!.ended;
  expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
});

test("an error of ours given to abort() is the error of the request", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address);
  const { FastCGIError } = await import("../src/index.ts");
  const recorder = run(pool);
  await peer.begun(1);
  const reason = new FastCGIError("FCGI_ERR_BODY_TOO_LARGE", "too much");
  recorder.controller.abort(reason);
  expect(recorder.error).toBe(reason);
  expect(reason).toMatchObject({ address: peer.address, requestId: 1 });
});
