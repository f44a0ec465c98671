import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

test("one of several that wait for connections of their own is aborted, multiplexing or not: the others keep theirs", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address, { multiplex: 4, connections: 4 });
  const recorders = Array.from({ length: 3 }, () => run(pool, { reuse: false }));
  expect(pool.stats.connecting).toBe(3);
  recorders[0]!.controller.abort();
  expect(pool.stats.connecting).toBe(2);
  await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(recorders.map(({ code }) => code)).toEqual(["FCGI_ERR_ABORTED", undefined, undefined]);
  await pool.close();
});

test("[f06] several that share no connection, and nobody listens: each fails, on a multiplexing application too", async () => {
  const pool = new Pool("unix:/nowhere/app.sock", { multiplex: 32, capacity: 64 });
  const recorders = [run(pool, { reuse: false }), run(pool, { reuse: false }), run(pool), run(pool, { reuse: false })];
  const settled = await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(settled.map(({ code }) => code)).toEqual(recorders.map(() => "FCGI_ERR_CONNECT"));
  expect(pool.stats).toMatchObject({ queued: 0, connecting: 0 });
  await pool.close();
});
