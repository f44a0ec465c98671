import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { LookupFunction, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { parseAddress } from "@x/protocol/address";
import type { FastCGIError } from "@x/protocol/errors";
import { afterAll, expect, test } from "vitest";

import { Connector } from "../src/connector.ts";
import type { ConnectorOptions } from "../src/connector.ts";
import type { ClientSocket } from "../src/socket.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";

const folder = mkdtempSync(join(tmpdir(), "x-client-"));
afterAll(() => rmSync(folder, { recursive: true }));

const reader: ConnectorOptions["reader"] = {
  readBuffer: () => new Uint8Array(16),
  onBytes: () => {},
  onWriteError: () => {},
};

interface Attempt {
  connector: Connector;
  runtime: TestRuntime;
  opened: Promise<ClientSocket>;
  failed: Promise<FastCGIError>;
  calls: string[];
}

function attempt(address: string, timeout = 2_000, lookup?: LookupFunction): Attempt {
  const runtime = new TestRuntime();
  const calls: string[] = [];
  let connector!: Connector;
  let open!: (socket: ClientSocket) => void;
  let fail!: (error: FastCGIError) => void;
  const opened = new Promise<ClientSocket>((resolve) => (open = resolve));
  const failed = new Promise<FastCGIError>((resolve) => (fail = resolve));
  connector = new Connector({
    address: parseAddress(address),
    timeout,
    timeouts: runtime.timeouts,
    ...(lookup === undefined ? {} : { lookup }),
    reader,
    onOpen: (socket) => {
      calls.push("open");
      open(socket);
    },
    onError: (error) => {
      calls.push("error");
      fail(error);
    },
  });
  return { connector, runtime, opened, failed, calls };
}

test.for([
  ["a UNIX socket", {}],
  ["an abstract UNIX socket", { path: `\0x-client-connector-${process.pid}` }],
  ["TCP", { tcp: true }],
] as const)("opens %s", async ([, script]) => {
  await using peer = await Peer.start(script);
  const { opened, runtime } = attempt(peer.address);
  const socket = await opened;
  await peer.accepted(1);
  socket.destroy();
  expect(runtime.timeouts.size).toBe(0);
});

test("opens TCP over IPv6", async ({ skip }) => {
  const server = createServer((socket) => socket.destroy());
  const bound = await new Promise<unknown>((resolve) => {
    server.once("error", resolve);
    server.listen(0, "::1", () => resolve(server.address()));
  });
  skip(bound instanceof Error, "no IPv6 on this machine");
  const { port } = bound as { port: number };
  const { opened } = attempt(`tcp://[::1]:${port}`);
  (await opened).destroy();
  server.close();
});

test("TCP connections have Nagle's algorithm off from the first byte on", async () => {
  await using peer = await Peer.start({ tcp: true });
  const { opened } = attempt(peer.address);
  const socket = await opened;
  // The flag that net.Socket keeps is the only trace of it that JavaScript can see.
  const flag = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === "kSetNoDelay");
  expect(flag === undefined ? undefined : Reflect.get(socket, flag)).toBe(true);
  socket.destroy();
});

const missing = join(folder, "missing.sock");
const stale = join(folder, "not-a-socket");
writeFileSync(stale, "");
/** Not asked of the network: without one, an answer may take longer than any test. */
const unknown: LookupFunction = (_host, _options, callback) =>
  setImmediate(() => callback(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }), []));

test.for([
  ["[f06] a missing socket file", `unix:${missing}`, "ENOENT", "the socket file does not exist; start the application"],
  ["[f07] a file that is no socket", `unix:${stale}`, "ECONNREFUSED", "nothing listens on this socket"],
  ["a port nobody listens on", "tcp://127.0.0.1:1", "ECONNREFUSED", "nothing listens there; start the application"],
  ["a name that does not exist", "tcp://nobody.invalid:9000", "ENOTFOUND", "the host name cannot be resolved"],
])("%s: FCGI_ERR_CONNECT with what to do", async ([, address, systemCode, sentence]) => {
  const { failed, calls } = attempt(address!, 2_000, unknown);
  const error = await failed;
  expect(error).toMatchObject({ code: "FCGI_ERR_CONNECT", address, phase: "connect" });
  expect(error.message).toContain(`Cannot connect to ${address}: ${sentence}`);
  if (systemCode !== undefined) expect(error.cause).toMatchObject({ code: systemCode });
  await turns(2);
  expect(calls).toEqual(["error"]);
});

/** A UNIX socket whose backlog is full, until `release()` lets its owner accept. */
async function fullBacklog(path: string): Promise<{ release(): void; stop(): Promise<unknown> }> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { workerData, parentPort } = require("node:worker_threads");
     const server = require("node:net").createServer((socket) => socket.on("error", () => {}).resume());
     server.listen({ path: workerData.path, backlog: 1 }, () => {
       parentPort.postMessage("listening");
       Atomics.wait(workerData.gate, 0, 0);
     });`,
    { eval: true, workerData: { path, gate } },
  );
  await once(worker, "message");
  const fillers: Socket[] = [];
  for (let full = false; !full;) {
    const filler = connect(path);
    fillers.push(filler);
    // oxlint-disable-next-line no-await-in-loop -- until one is refused
    full = await new Promise((resolve) => {
      filler.once("connect", () => resolve(false)).once("error", () => resolve(true));
    });
  }
  return {
    release: () => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    },
    stop: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}

test("[f13] [2e.18] a full backlog (EAGAIN) is tried again until the application accepts", async () => {
  const path = join(folder, "busy.sock");
  const backlog = await fullBacklog(path);
  const { opened, calls } = attempt(`unix:${path}`);
  await turns(5);
  expect(calls).toEqual([]);
  backlog.release();
  (await opened).destroy();
  expect(calls).toEqual(["open"]);
  await backlog.stop();
});

test("[f13] a backlog that stays full: FCGI_ERR_CONNECT_TIMEOUT that says so", async () => {
  const path = join(folder, "full.sock");
  const backlog = await fullBacklog(path);
  const { failed, runtime, calls } = attempt(`unix:${path}`, 500);
  await turns(5);
  await runtime.pass(600);
  const error = await failed;
  expect(error).toMatchObject({ code: "FCGI_ERR_CONNECT_TIMEOUT", phase: "connect", address: `unix:${path}` });
  expect(error.message).toContain("its backlog is full");
  expect(error.cause).toMatchObject({ code: "EAGAIN" });
  await turns(2);
  expect(calls).toEqual(["error"]);
  backlog.release();
  await backlog.stop();
});

test("nothing is called after cancel()", async () => {
  await using peer = await Peer.start();
  const one = attempt(peer.address);
  one.connector.cancel();
  const two = attempt(`unix:${missing}`);
  two.connector.cancel();
  await turns(4);
  expect([...one.calls, ...two.calls]).toEqual([]);
  expect(one.runtime.timeouts.size).toBe(0);
});
