import { afterAll, beforeAll, expect, test } from "vitest";

import type { BodySink, BodySource } from "../src/body.ts";
import type { DispatchController, DispatchHandler } from "../src/dispatcher.ts";
import { Pool } from "../src/pool.ts";
import { poisonReleasedSlabs } from "../src/slabs.ts";
import type { Slab } from "../src/slabs.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { end, Peer, stdout } from "./support/peer.ts";
import type { PeerConnection } from "./support/peer.ts";
import { Recorder } from "./support/recorder.ts";
import { run } from "./support/run.ts";

beforeAll(() => poisonReleasedSlabs(true));
afterAll(() => poisonReleasedSlabs(false));

/** Writes STDOUT until the socket takes no more; resolves with the bytes written. */
async function fill(connection: PeerConnection, id: number): Promise<number> {
  const piece = stdout(id, Buffer.alloc(65_528, "s"));
  let written = 0;
  for (;;) {
    const drained = connection.send(piece) ? Promise.resolve(true) : drains(connection);
    written += 65_528;
    // oxlint-disable-next-line no-await-in-loop
    if (!(await drained)) return written;
  }
}

/** Does the socket drain while the event loop turns a few times? A stalled peer's does not. */
async function drains({ socket }: PeerConnection): Promise<boolean> {
  let drained = false;
  socket.once("drain", () => (drained = true));
  for (let turn = 0; turn < 200 && !drained; turn++) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  return drained;
}

test.for([{ tcp: false }, { tcp: true }])(
  "[TF25] [P74] a stalled consumer stops the application's writes, tcp $tcp",
  async ({ tcp }) => {
    await using peer = await Peer.start({ tcp });
    const pool = new Pool(peer.address);
    let received = 0;
    const recorder = new Recorder();
    const handler: DispatchHandler = {
      onStdout: (chunk, controller) => {
        if (received === 0) controller.pause();
        received += chunk.length;
        recorder.onStdout(Buffer.alloc(0));
      },
      onEnd: (ended) => recorder.onEnd(ended),
      onError: (error) => recorder.onError(error),
    };
    const controller = pool.dispatch({ params: {} }, handler);
    await peer.begun(1);
    const { connection } = peer.requests[0]!;
    const written = await fill(connection, 1);
    // What was in the read that brought the first chunk may still come, no more.
    expect(received).toBeLessThanOrEqual(65_536);
    expect(written).toBeGreaterThan(received);
    controller.resume();
    connection.end(1);
    await recorder.settled;
    expect(received).toBe(written);
    expect(recorder.ended).toBeDefined();
  },
);

/** A source that counts, and gives as much as it is allowed to. */
class CountingSource implements BodySource {
  written = 0;
  calls: string[] = [];
  onPaused: () => void = () => {};
  #sink!: BodySink;
  readonly #total: number;

  constructor(total: number) {
    this.#total = total;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.resume();
  }

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    let more = true;
    while (more && this.written < this.#total) {
      this.written += 10_000;
      more = this.#sink.write(Buffer.alloc(10_000, "i"));
    }
    if (more) this.#sink.end();
    else this.onPaused();
  }

  cancel(): void {
    this.calls.push("cancel");
  }
}

test.for([{ tcp: false }, { tcp: true }])(
  "[TF19] a stalled application pauses the source, tcp $tcp",
  async ({ tcp }) => {
    const total = 64 * 1024 * 10_000;
    await using peer = await Peer.start({ tcp, onConnection: ({ socket }) => socket.pause() });
    const pool = new Pool(peer.address);
    const source = new CountingSource(total);
    let stalled = -1;
    const recorder = run(pool, { stdin: source });
    await peer.accepted(1);
    // Paused, resumed by a drain, paused again, until nothing drains any more.
    while (stalled !== source.written) {
      stalled = source.written;
      // oxlint-disable-next-line no-await-in-loop
      await turns(200);
    }
    expect(stalled).toBeGreaterThan(0);
    expect(stalled).toBeLessThan(16 * 1024 * 1024);
    recorder.controller.abort();
    expect(source.calls).toEqual(["cancel"]);
    await pool.close();
  },
);

test("a body far larger than all buffers arrives whole when the application reads in bursts", async () => {
  const total = 8_000_000;
  await using peer = await Peer.start({
    onStdin: ({ connection: { socket } }) => {
      socket.pause();
      setImmediate(() => socket.resume());
    },
    onRequest: ({ id, connection, stdinBytes }) => connection.reply(id, String(stdinBytes)),
  });
  const pool = new Pool(peer.address);
  expect((await run(pool, { stdin: new CountingSource(total) }).settled).stdout).toMatch(/8000000$/);
  expect((await run(pool, { stdin: Buffer.alloc(total) }).settled).stdout).toMatch(/8000000$/);
});

test("[P74] both ways at once: the application answers while it reads", async () => {
  await using peer = await Peer.start({
    onStdin: ({ id, connection }) => void connection.stdout(id, "e".repeat(10_000)),
    onRequest: ({ id, connection }) => connection.end(id),
  });
  const pool = new Pool(peer.address);
  const recorder = await run(pool, { stdin: new CountingSource(300_000) }).settled;
  expect(recorder.ended).toBeDefined();
  expect(recorder.stdout.length).toBeGreaterThanOrEqual(300_000);
});

test("retained chunks keep their bytes until they are released, all others are overwritten", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, {}, runtime);
  const recorder = new Recorder();
  const kept: { chunk: Uint8Array; slab: Slab; copy: Buffer }[] = [];
  let lost: Uint8Array | undefined;
  const handler: DispatchHandler = {
    onStdout: (chunk, controller) => {
      if (chunk[0] === 0x6c) lost = chunk;
      else kept.push({ chunk, slab: controller.retain(), copy: Buffer.from(chunk) });
      recorder.onStdout(chunk);
    },
    onEnd: (ended) => recorder.onEnd(ended),
    onError: (error) => recorder.onError(error),
  };
  pool.dispatch({ params: {} }, handler);
  await peer.begun(1);
  const { connection } = peer.requests[0]!;
  let before = 0;
  for (const text of ["lost", "kept one", "kept two", "kept three"]) {
    connection.stdout(1, text);
    before += text.length;
    // oxlint-disable-next-line no-await-in-loop
    while (recorder.stdout.length < before) await turns();
    if (text === "lost") expect(Buffer.from(lost!)).toEqual(Buffer.alloc(4, 0xdd));
  }
  connection.send(stdout(1, "same read, "), stdout(1, "two chunks"), end(1));
  await recorder.settled;
  expect(kept.map(({ chunk }) => Buffer.from(chunk).toString())).toEqual([
    "kept one",
    "kept two",
    "kept three",
    "same read, ",
    "two chunks",
  ]);
  expect(runtime.slabs.held).toBe(4);
  for (const { chunk, slab, copy } of kept) {
    expect(Buffer.from(chunk)).toEqual(copy);
    slab.release();
  }
  expect(runtime.slabs.held).toBe(0);
  expect(Buffer.from(kept[0]!.chunk)).toEqual(Buffer.alloc(8, 0xdd));
});

test("no free slab: reading pauses, and goes on when one comes back", async () => {
  await using peer = await Peer.start({ tcp: true });
  const runtime = new TestRuntime({ size: 4_096, limit: 2 });
  const pool = new Pool(peer.address, {}, runtime);
  const recorder = new Recorder();
  const held: Slab[] = [];
  const handler: DispatchHandler = {
    onStdout: (chunk, controller) => {
      held.push(controller.retain());
      recorder.onStdout(chunk);
    },
    onEnd: (ended) => recorder.onEnd(ended),
    onError: (error) => recorder.onError(error),
  };
  pool.dispatch({ params: {} }, handler);
  await peer.begun(1);
  const { connection } = peer.requests[0]!;
  connection.send(stdout(1, Buffer.alloc(20_000, "x")), end(1));
  while (held.length < 2) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  await turns(20);
  expect(held).toHaveLength(2);
  expect(recorder.ended).toBeUndefined();
  while (recorder.ended === undefined) {
    held.shift()?.release();
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  expect(recorder.stdout).toHaveLength(20_000);
  for (const slab of held) slab.release();
  expect(runtime.slabs.held).toBe(0);
});

test("a connection destroyed while a chunk of it is retained: the chunk stays", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, {}, runtime);
  const got = new Promise<{ chunk: Uint8Array; slab: Slab; controller: DispatchController }>((resolve) => {
    const handler: DispatchHandler = {
      onStdout: (chunk, controller) => resolve({ chunk, slab: controller.retain(), controller }),
      onEnd: () => {},
      onError: () => {},
    };
    pool.dispatch({ params: {} }, handler);
  });
  await peer.begun(1);
  peer.connections[0]!.stdout(1, "precious");
  const { chunk, slab, controller } = await got;
  controller.abort();
  await peer.connections[0]!.ended;
  const other = run(pool);
  await peer.begun(2);
  peer.connections[1]!.reply(1, "something else");
  await other.settled;
  expect(Buffer.from(chunk).toString()).toBe("precious");
  slab.release();
  expect(Buffer.from(chunk)).toEqual(Buffer.alloc(8, 0xdd));
});
