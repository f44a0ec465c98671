import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";
import { run } from "./support/run.ts";

const reply = (request: PeerRequest): void => request.connection.reply(request.id);

test("[Q15] [f39] a multiplexed connection that is an hour old is closed when nothing runs on it", async () => {
  const runtime = new TestRuntime();
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4, headersTimeout: 0 }, runtime);
  const long = run(pool);
  await peer.begun(1);
  runtime.time += 3_600_000;
  runtime.timeouts.tick();
  reply(peer.requests[0]!);
  await long.settled;
  await peer.connections[0]!.ended;
  const next = run(pool);
  await peer.begun(2);
  reply(peer.requests[1]!);
  await next.settled;
  expect(pool.stats).toMatchObject({ opened: 2, reused: 0 });
  await pool.close();
});

test("[Q15] a multiplexed connection that is an hour old takes no more requests, though it is never idle", async () => {
  const runtime = new TestRuntime();
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4, headersTimeout: 0 }, runtime);
  const long = run(pool);
  const short = run(pool);
  await peer.begun(2);
  runtime.time += 3_600_000;
  runtime.timeouts.tick();
  reply(peer.requests[1]!);
  await short.settled;
  const next = run(pool);
  await peer.begun(3);
  expect(peer.requests[2]!.connection).not.toBe(peer.requests[0]!.connection);
  reply(peer.requests[2]!);
  await next.settled;
  reply(peer.requests[0]!);
  expect((await long.settled).calls).toEqual(["start", "stdout", "end"]);
  await peer.connections[0]!.ended;
  expect(pool.stats).toMatchObject({ opened: 2, connections: 1 });
  await pool.close();
});

test.for([
  { what: "one at a time", options: { capacity: 1 }, atOnce: 1 },
  { what: "multiplexed", options: { multiplex: 8, connections: 1 }, atOnce: 8 },
])("[Q15] a connection serves 1,000 requests and is closed ($what)", async ({ options, atOnce }) => {
  // A clock that stands still: nothing is closed for its age.
  const runtime = new TestRuntime();
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address, options, runtime);
  let left = 1_001;
  const runOn = async (): Promise<void> => {
    while (left-- > 0) {
      // oxlint-disable-next-line no-await-in-loop -- as many at once as there are
      expect((await run(pool).settled).code).toBeUndefined();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runOn));
  expect(peer.requests.filter(({ connection }) => connection === peer.connections[0])).toHaveLength(1_000);
  expect(peer.connections).toHaveLength(2);
  await peer.connections[0]!.ended;
  await pool.close();
});

test("who needs a connection of its own is not overtaken by those behind it that do not: one that is kept makes room", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 }, new TestRuntime());
  const params = (name: string): { params: Record<string, string> } => ({ params: { N: name } });
  const recorders = [
    run(pool, params("first")),
    run(pool, { ...params("alone"), reuse: false }),
    run(pool, params("behind")),
  ];
  for (const [index, recorder] of recorders.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await peer.begun(index + 1);
    reply(peer.requests[index]!);
    // oxlint-disable-next-line no-await-in-loop
    await recorder.settled;
  }
  expect(peer.requests.map((request) => request.params.get("N"))).toEqual(["first", "alone", "behind"]);
  expect(peer.connections).toHaveLength(3);
  await pool.close();
});
