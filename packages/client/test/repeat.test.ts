import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { turns } from "./support/clock.ts";
import { Peer, stderr, stdout } from "./support/peer.ts";
import type { PeerRequest, PeerScript } from "./support/peer.ts";
import type { Recorder } from "./support/recorder.ts";
import { run } from "./support/run.ts";

/** The first request on a connection is answered; the second gets `fate`, unless it is a repetition's. */
function second(fate: (request: PeerRequest) => void): PeerScript {
  return {
    onRequest: (request) => {
      if (request.params.get("FIRST") ?? peerOf(request).length > 2) request.connection.reply(request.id);
      else fate(request);
    },
  };
}

let peer: Peer;
const peerOf = (request: PeerRequest): PeerRequest[] => peer.requests.slice(0, peer.requests.indexOf(request) + 1);
const close = ({ connection }: PeerRequest): void => void connection.socket.end();

test("[Q3] [f01] [f50] idempotent, on a reused connection that closes before any byte: repeated once on a fresh one", async () => {
  await using started = (peer = await Peer.start(second(close)));
  const pool = new Pool(started.address, { capacity: 2 });
  await run(pool, { params: { FIRST: "1" } }).settled;
  const recorder = await run(pool, { params: { N: "2" }, stdin: "body", idempotent: true }).settled;
  expect(recorder.calls).toEqual(["start", "start", "stdout", "end"]);
  const [, original, repetition] = started.requests as [PeerRequest, PeerRequest, PeerRequest];
  expect(original.connection).toBe(started.connections[0]);
  expect(repetition.connection).toBe(started.connections[1]);
  expect(repetition.stdin.toString()).toBe("body");
  expect(repetition.params.get("N")).toBe("2");
  expect(recorder.controller.reused).toBe(false);
  await pool.close();
});

test("[Q3] the repetition is the only one", async () => {
  await using started = (peer = await Peer.start({
    onRequest: (request) => (request.params.get("FIRST") ? request.connection.reply(request.id) : close(request)),
  }));
  const pool = new Pool(started.address, { capacity: 2 });
  await run(pool, { params: { FIRST: "1" } }).settled;
  const recorder = await run(pool, { idempotent: true }).settled;
  expect(recorder.calls).toEqual(["start", "start", "error"]);
  expect(recorder.code).toBe("FCGI_ERR_SOCKET");
  expect(started.requests).toHaveLength(3);
  await pool.close();
});

test.for([
  { what: "not idempotent", options: {}, fate: close },
  {
    what: "a byte of stdout came",
    options: { idempotent: true },
    fate: (request: PeerRequest) => {
      request.connection.send(stdout(request.id, "a"));
      close(request);
    },
  },
  {
    what: "a byte of stderr came",
    options: { idempotent: true },
    fate: (request: PeerRequest) => {
      request.connection.send(stderr(request.id, "a"));
      close(request);
    },
  },
  { what: "a body that cannot be sent again", options: { idempotent: true, stdin: gives("body") }, fate: close },
])("[Q3] [f01] not repeated: $what", async ({ options, fate }) => {
  await using started = (peer = await Peer.start(second(fate)));
  const pool = new Pool(started.address, { capacity: 2 });
  await run(pool, { params: { FIRST: "1" } }).settled;
  const recorder = await run(pool, options).settled;
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_SOCKET", address: started.address });
  expect(started.requests).toHaveLength(2);
  // [f01] The next request works.
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
  await pool.close();
});

test("[Q3] on a connection of its own an idempotent request is not repeated: the application has failed it", async () => {
  await using started = await Peer.start({ onRequest: close });
  const pool = new Pool(started.address, { capacity: 2 });
  expect((await run(pool, { idempotent: true }).settled).code).toBe("FCGI_ERR_SOCKET");
  expect(started.requests).toHaveLength(1);
});

test("[Q3] nothing of it has left yet when the connection closes: repeated, whatever it is", async () => {
  await using started = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(started.address, { capacity: 2 });
  await run(pool).settled;
  const { socket } = started.connections[0]!;
  // Destroying closes the descriptor at once: the end lies in the kernel when the request is dispatched, and is read by
  // the poll that comes before the flush.
  const posted = await new Promise<Recorder>((resolve) => {
    setTimeout(() => {
      socket.destroy();
      resolve(run(pool, { stdin: "once" }));
    });
  });
  expect(posted.controller.reused).toBe(true);
  await posted.settled;
  expect(posted.calls).toEqual(["start", "start", "stdout", "end"]);
  expect(started.requests.filter((request) => request.stdin.length > 0)).toHaveLength(1);
  await pool.close();
});

test("[Q3] an application that closes every connection at once is dialled twice at most", async () => {
  await using started = await Peer.start({ onConnection: ({ socket }) => void socket.destroy() });
  const pool = new Pool(started.address, { capacity: 2 });
  expect((await run(pool, { idempotent: true }).settled).code).toBe("FCGI_ERR_SOCKET");
  expect(pool.stats.opened).toBeLessThanOrEqual(2);
});

test("a repeated request can be aborted while it waits for its new connection", async () => {
  await using started = (peer = await Peer.start(second(close)));
  const pool = new Pool(started.address, { capacity: 1 });
  await run(pool, { params: { FIRST: "1" } }).settled;
  const abort = new AbortController();
  const recorder = run(pool, { idempotent: true, signal: abort.signal });
  await started.begun(2);
  while (pool.stats.connecting === 0) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  abort.abort();
  expect(recorder.code).toBe("FCGI_ERR_ABORTED");
  expect(pool.stats).toMatchObject({ connecting: 0, queued: 0, active: 0 });
  await turns(3);
  expect(started.requests).toHaveLength(2);
});

function* gives(text: string): Generator<Uint8Array> {
  yield Buffer.from(text);
}
