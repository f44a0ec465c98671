import { once } from "node:events";

import { expect, test } from "vitest";

import type { BodySource } from "../src/body.ts";
import type { DispatchController } from "../src/dispatcher.ts";
import { Pool } from "../src/pool.ts";
import { turns } from "./support/clock.ts";
import { end, Peer, stderr, stdout } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";
import { Recorder } from "./support/recorder.ts";
import { run } from "./support/run.ts";

const reply = (request: PeerRequest): void => request.connection.reply(request.id);

test("[P59] [P71] [P75] a responder gets BEGIN, PARAMS, STDIN, each ended", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address);
  await run(pool, { params: { A: "1", EMPTY: "", BYTES: Uint8Array.of(0xff, 0xfe) }, stdin: "name=ada" }).settled;
  const [request] = peer.requests as [PeerRequest];
  expect(request).toMatchObject({ id: 1, role: 1, keepConn: false });
  expect(request.params.toObject()).toEqual({ A: "1", EMPTY: "", BYTES: "\xff\xfe" });
  expect(request.stdin.toString()).toBe("name=ada");
  // BEGIN, PARAMS, empty PARAMS, STDIN, empty STDIN: all of it in one write.
  const [first] = request.connection.received;
  expect(request.connection.received).toHaveLength(1);
  expect([...records(first!)]).toEqual([1, 4, 4, 5, 5]);
});

test("[P80] an authorizer gets PARAMS and an empty STDIN", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address);
  await run(pool, { role: "authorizer" }).settled;
  expect(peer.requests[0]).toMatchObject({ role: 2 });
  expect([...records(Buffer.concat(peer.connections[0]!.received))]).toEqual([1, 4, 4, 5]);
});

test("[P84] a filter gets STDIN, then DATA, each ended", async () => {
  await using peer = await Peer.start({ onData: reply });
  const pool = new Pool(peer.address);
  await run(pool, { role: "filter", stdin: "in", data: ["da", "ta"].map((text) => Buffer.from(text)) }).settled;
  await run(pool, { role: "filter" }).settled;
  expect(peer.requests.map(({ role, stdin, data }) => [role, String(stdin), String(data)])).toEqual([
    [3, "in", "data"],
    [3, "", ""],
  ]);
  expect([...records(Buffer.concat(peer.connections[0]!.received))]).toEqual([1, 4, 4, 5, 5, 8, 8, 8]);
});

test.for([
  [{ role: "server" as "filter" }, "role"],
  [{ data: "x" }, "data"],
  [{ params: undefined as never }, "params"],
  [{ stdin: 5 as never }, "body"],
  [{ headersTimeout: -1 }, "headersTimeout"],
] as const)("refuses the options %j before anything happens", ([options, word]) => {
  const pool = new Pool("tcp://127.0.0.1:9000");
  expect(() => run(pool, options)).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT", message: expect.stringContaining(word) as string }),
  );
  expect(pool.stats).toMatchObject({ connecting: 0, queued: 0 });
});

test("[P38] a param that no record can hold is refused before anybody is dialled", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address);
  const recorder = run(pool, { params: { HUGE: "x".repeat(65_528) } });
  expect((await recorder.settled).error).toMatchObject({ code: "FCGI_ERR_PARAM_TOO_LARGE", phase: "request" });
  expect(peer.connections).toEqual([]);
  await run(pool, { params: { A: "x".repeat(65_000), B: "y".repeat(65_000) } }).settled;
  expect(peer.requests[0]!.params.get("B")).toHaveLength(65_000);
});

test.for(["a\0b", "Ā"])("[P36] [V27] a param with %j is refused, the connection stays good", async (value) => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  await run(pool).settled;
  const bad = await run(pool, { params: { BAD: value } }).settled;
  expect(bad.error).toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT", phase: "request" });
  expect(bad.calls).toEqual(["error"]);
  expect(pool.stats).toMatchObject({ active: 0, idle: 1 });
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  expect(peer.connections).toHaveLength(1);
  await pool.close();
});

test("[P69] [P61] [P59] [TF07] each protocol status has its error, with appStatus and the number", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, params, connection }) => {
      connection.send(stderr(id, "why"), end(id, 3, Number(params.get("STATUS"))));
    },
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  const codes = {
    1: "FCGI_ERR_CANT_MULTIPLEX",
    2: "FCGI_ERR_OVERLOADED",
    3: "FCGI_ERR_UNKNOWN_ROLE",
    4: "FCGI_ERR_BAD_PROTOCOL_STATUS",
    255: "FCGI_ERR_BAD_PROTOCOL_STATUS",
  };
  for (const [status, code] of Object.entries(codes)) {
    // oxlint-disable-next-line no-await-in-loop
    const { error } = await run(pool, { params: { STATUS: status } }).settled;
    expect(error).toMatchObject({ code, protocolStatus: Number(status), appStatus: 3, stderr: "why", requestId: 1 });
  }
  await pool.close();
});

test("[P93] [TF09] [f20] stderr is delivered, and its last bytes are in the error", async () => {
  const line = Buffer.alloc(60_000, "e");
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      for (let count = 0; count < 40; count++) connection.send(stderr(id, line));
      connection.send(stderr(id, "PHP Fatal error: the end"));
      connection.socket.end();
    },
  });
  const pool = new Pool(peer.address);
  const recorder = await run(pool).settled;
  expect(recorder.stderr).toHaveLength(40 * 60_000 + 24);
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_SOCKET", phase: "response-head" });
  expect(recorder.error!.stderr).toHaveLength(65_536);
  expect(recorder.error!.stderr).toMatch(/e{100}PHP Fatal error: the end$/);
});

test("maxStderrBytes bounds what is kept", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.send(stderr(id, "0123456789"), stdout(id, "x"), end(id)),
  });
  const pool = new Pool(peer.address, { maxStderrBytes: 4 });
  const recorder = await run(pool).settled;
  expect(recorder.controller.stderrTail).toBe("6789");
});

test("[P70] [P74] [C32] [TF19] END_REQUEST before the body was sent: success, source cancelled, no reuse", async () => {
  let cancelled = 0;
  await using peer = await Peer.start({ onBegin: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  const source = { start: () => {}, pause: () => {}, resume: () => {}, cancel: () => cancelled++ };
  expect((await run(pool, { stdin: source }).settled).calls).toEqual(["start", "stdout", "end"]);
  expect(cancelled).toBe(1);
  await peer.connections[0]!.ended;
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  expect(peer.connections).toHaveLength(2);
  await pool.close();
});

test("a filter that ends before its data was asked for: the data's source is cancelled, once", async () => {
  const cancelled: string[] = [];
  const source = (name: string): BodySource => ({
    start: () => {},
    pause: () => {},
    resume: () => {},
    cancel: () => void cancelled.push(name),
  });
  await using peer = await Peer.start({ onBegin: reply });
  const pool = new Pool(peer.address);
  await run(pool, { role: "filter", stdin: source("stdin"), data: source("data") }).settled;
  expect(cancelled).toEqual(["stdin", "data"]);
  const waiting = run(pool, { role: "filter", stdin: source("stdin"), data: source("data") });
  waiting.controller.abort();
  expect(cancelled).toEqual(["stdin", "data", "stdin", "data"]);
});

test.for([{ tcp: false }, { tcp: true }])(
  "[P48] [TF19] an application that answers without reading the body, and closes: the answer arrives, tcp $tcp",
  async ({ tcp }) => {
    await using peer = await Peer.start({
      tcp,
      onConnection: ({ socket }) => socket.pause(),
    });
    const pool = new Pool(peer.address);
    const body = Buffer.alloc(16 * 1024 * 1024);
    const recorder = run(pool, { stdin: body });
    await peer.accepted(1);
    const { connection, socket } = { connection: peer.connections[0]!, socket: peer.connections[0]!.socket };
    // Read no more than there is in the first chunk, then answer and go: what the client still sends is refused.
    const [head] = (await once(socket.resume(), "data")) as [Buffer];
    expect(head.length).toBeGreaterThan(0);
    socket.pause();
    connection.reply(1, "too large");
    socket.end(() => socket.destroy());
    const { calls, stdout } = await recorder.settled;
    expect(stdout).toContain("too large");
    expect(calls).toEqual(["start", "stdout", "end"]);
    expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
  },
);

test("[f04] the error says whether STDOUT was ended before the connection broke", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.send(stdout(id, "all of it"), Buffer.from([1, 6, 0, id, 0, 0, 0, 0]));
      connection.socket.end();
    },
  });
  const pool = new Pool(peer.address);
  const recorder = await run(pool).settled;
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_SOCKET", phase: "response-body" });
  expect(recorder.controller.stdoutEnded).toBe(true);
});

test("[f14] an application that half-closes after its answer: the answer is whole, the connection closed", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.reply(id);
      connection.socket.end();
    },
  });
  const pool = new Pool(peer.address, { capacity: 1 });
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  await peer.connections[0]!.ended;
  expect(pool.stats.connections).toBe(0);
});

test("a handler that throws in onStdout fails its own request", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorder = new Recorder();
  const handler = {
    onStdout(): void {
      throw new TypeError("my mistake");
    },
    onEnd: recorder.onEnd.bind(recorder),
    onError: recorder.onError.bind(recorder),
  };
  pool.dispatch({ params: {} }, handler);
  const { error } = await recorder.settled;
  expect(error).toMatchObject({ code: "FCGI_ERR_ABORTED", cause: new TypeError("my mistake") });
  expect(error!.message).toContain("my mistake");
  await turns(2);
  expect(recorder.calls).toEqual(["error"]);
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  await pool.close();
});

test("a handler that throws in onEnd: the error surfaces, other requests go on", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  const before = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  const thrown = once(process, "uncaughtException");
  const onEnd = (): void => {
    throw new TypeError("my mistake");
  };
  pool.dispatch({ params: {} }, { onStdout: () => {}, onEnd, onError: () => {} });
  const next = run(pool);
  expect(await thrown).toMatchObject([new TypeError("my mistake"), "uncaughtException"]);
  for (const listener of before) process.on("uncaughtException", listener);
  expect((await next.settled).calls).toEqual(["start", "stdout", "end"]);
  await pool.close();
});

test("a request dispatched from onEnd uses the connection that came free", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 2 });
  const next = new Promise<Recorder>((resolve, reject) => {
    const onEnd = (): void => resolve(run(pool));
    pool.dispatch({ params: {} }, { onStdout: () => {}, onEnd, onError: reject });
  });
  await (
    await next
  ).settled;
  expect(pool.stats).toMatchObject({ opened: 1, reused: 1 });
  await pool.close();
});

test("retain() outside of a delivery is refused", async () => {
  await using peer = await Peer.start({ onRequest: reply });
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorder = run(pool);
  const misuse = (controller: DispatchController): void => {
    expect(() => controller.retain()).toThrow(expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }));
  };
  misuse(recorder.controller);
  await recorder.started;
  misuse(recorder.controller);
  await recorder.settled;
  misuse(recorder.controller);
  await pool.close();
});

/** The types of the records in `chunk`. */
function* records(chunk: Buffer): Generator<number> {
  for (let at = 0; at < chunk.length; at += 8 + chunk.readUInt16BE(at + 4) + chunk[at + 6]!) yield chunk[at + 1]!;
}
