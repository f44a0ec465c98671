import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { BadNetwork } from "./support/bad-network.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

const body = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) & 0xff));

test.for([
  { what: "a connection a request", options: {} },
  { what: "connections kept", options: { capacity: 4 } },
  { what: "multiplexed", options: { multiplex: 8, connections: 1 } },
])("[f53] small packets, late and irregular: all the same answers ($what)", async ({ options }) => {
  await using peer = await Peer.start({
    tcp: true,
    onRequest: ({ id, stdin, connection, params }) =>
      connection.reply(id, Buffer.concat([Buffer.from(`${params.get("N")} `), stdin])),
  });
  await using network = await BadNetwork.start(peer.address);
  await using pool = new Pool(network.address, options);
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const { body: answer } = await pool.request({ params: { N: String(n) }, stdin: body });
      return Buffer.from(await answer.bytes()).equals(Buffer.concat([Buffer.from(`${n} `), body]));
    }),
  );
  expect(answers).toEqual(Array.from({ length: 8 }, () => true));
  expect(pool.stats).toMatchObject({ active: 0, queued: 0 });
});

test("[f54] all connections are reset at once: each request is told, and the next find new ones", async () => {
  await using peer = await Peer.start({ tcp: true });
  await using network = await BadNetwork.start(peer.address);
  await using pool = new Pool(network.address, { capacity: 4 });
  const recorders = Array.from({ length: 4 }, () => run(pool));
  await peer.begun(4);
  network.reset();
  await Promise.all(recorders.map(({ settled }) => settled));
  expect(recorders.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => "FCGI_ERR_SOCKET"));
  const next = run(pool);
  await peer.begun(5);
  peer.requests[4]!.connection.reply(1, "new");
  await next.settled;
  expect([next.code, next.stdout]).toEqual([undefined, "Content-Type: text/plain\r\n\r\nnew"]);
});

test("[f55] a network that swallows everything in the middle of an answer: FCGI_ERR_BODY_TIMEOUT", async () => {
  const runtime = new TestRuntime();
  await using peer = await Peer.start({ tcp: true });
  await using network = await BadNetwork.start(peer.address);
  const pool = new Pool(network.address, { capacity: 2 }, runtime);
  const recorder = run(pool, { bodyTimeout: 5_000 });
  await peer.begun(1);
  peer.connections[0]!.stdout(1, "half");
  await recorder.answered;
  network.die();
  peer.connections[0]!.stdout(1, "lost");
  await runtime.pass(4_900);
  expect(recorder.code).toBeUndefined();
  await runtime.pass(300);
  expect(recorder.error).toMatchObject({ code: "FCGI_ERR_BODY_TIMEOUT", phase: "response-body" });
  expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
  await pool.destroy();
});

test("[f55] … and of a request that is being sent: FCGI_ERR_SEND_TIMEOUT", async () => {
  const runtime = new TestRuntime();
  await using peer = await Peer.start({ tcp: true });
  await using network = await BadNetwork.start(peer.address);
  const pool = new Pool(network.address, {}, runtime);
  network.die();
  const recorder = run(pool, { sendTimeout: 5_000, headersTimeout: 60_000, stdin: Buffer.alloc(64 * 1_048_576) });
  await recorder.started;
  // Until the sockets between hold no more; from then on it can only wait.
  while (recorder.code === undefined) {
    // oxlint-disable-next-line no-await-in-loop
    await turns(50);
    // oxlint-disable-next-line no-await-in-loop
    await runtime.pass(500);
  }
  expect(recorder.code).toBe("FCGI_ERR_SEND_TIMEOUT");
  await pool.destroy();
});

test("[f15] the client's end of a connection stays open until the answer is whole", async () => {
  await using peer = await Peer.start({ tcp: true });
  await using pool = new Pool(peer.address);
  const recorder = run(pool, { stdin: "the body" });
  await peer.begun(1);
  let ended = false;
  const connection = peer.connections[0]!;
  void connection.ended.then(() => (ended = true));
  while (connection.requests.get(1)!.stdinBytes < 8) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  connection.stdout(1, "first");
  await recorder.answered;
  // An end would mean that nobody waits for the answer: applications would stop.
  expect(ended).toBe(false);
  connection.end(1);
  await recorder.settled;
  await connection.ended;
  expect([recorder.code, recorder.stdout]).toEqual([undefined, "first"]);
});
