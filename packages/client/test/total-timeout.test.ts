import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

test("[f12] a response that drips is ended by the total timeout, however often a byte comes", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { timeout: 5_000 }, runtime);
  const recorder = run(pool);
  await peer.begun(1);
  for (let second = 0; second < 4; second++) {
    peer.connections[0]!.stdout(1, "x");
    // oxlint-disable-next-line no-await-in-loop
    await runtime.pass(1_000);
  }
  await turns(3);
  expect(recorder.error).toBeUndefined();
  await runtime.pass(1_200);
  expect((await recorder.settled).code).toBe("FCGI_ERR_TIMEOUT");
  await peer.connections[0]!.ended;
  expect(runtime.timeouts.size).toBe(0);
  await pool.close();
});

test("the time in the queue counts, and a request of its own may have more", async () => {
  await using peer = await Peer.start();
  const runtime = new TestRuntime();
  const pool = new Pool(peer.address, { capacity: 1, timeout: 1_000, queueTimeout: 0 }, runtime);
  const first = run(pool, { timeout: 0 });
  await peer.begun(1);
  const second = run(pool);
  await runtime.pass(1_200);
  expect((await second.settled).error).toMatchObject({ code: "FCGI_ERR_TIMEOUT", phase: "queue" });
  expect(pool.stats.queued).toBe(0);
  peer.connections[0]!.reply(1);
  expect((await first.settled).calls.at(-1)).toBe("end");
  await pool.destroy();
});
