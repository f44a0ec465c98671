import { expect, test } from "vitest";

import type { PoolOptions } from "../src/pool-options.ts";
import { Pool } from "../src/pool.ts";
import type { RequestOptions } from "../src/request.ts";
import { toParams } from "../src/to-params.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

const GET = { params: toParams({ path: "/" }) };
const POST = { params: toParams({ path: "/", method: "POST", body: "a=b" }), stdin: "a=b" };
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("chunk");
}

async function start(options: PoolOptions): Promise<{ peer: Peer; pool: Pool }> {
  const peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  return { peer, pool: new Pool(peer.address, options) };
}

test.for<{ what: string; options: PoolOptions; second: RequestOptions; reused: number; keepConn: boolean }>([
  { what: "a GET shares", options: { capacity: 2 }, second: GET, reused: 1, keepConn: true },
  { what: "a POST gets its own", options: { capacity: 2 }, second: POST, reused: 0, keepConn: false },
  {
    what: "a POST told to share",
    options: { capacity: 2 },
    second: { ...POST, reuse: true },
    reused: 1,
    keepConn: true,
  },
  {
    what: "a POST that may run twice",
    options: { capacity: 2 },
    second: { ...POST, idempotent: true },
    reused: 1,
    keepConn: true,
  },
  {
    what: "a GET with a body that streams, which cannot be sent again",
    options: { capacity: 2 },
    second: { ...GET, stdin: chunks() },
    reused: 0,
    keepConn: false,
  },
  { what: "a POST that is multiplexed", options: { multiplex: 2 }, second: POST, reused: 1, keepConn: true },
  { what: "without a method", options: { capacity: 2 }, second: { params: {} }, reused: 0, keepConn: false },
])("[Q15] [f51] request: who shares a kept connection: $what", async ({ options, second, reused, keepConn }) => {
  const { peer, pool } = await start(options);
  await (await pool.request(GET)).body.text();
  await (await pool.request(second)).body.text();
  expect(pool.stats.reused).toBe(reused);
  expect(peer.requests[1]!.keepConn).toBe(keepConn);
  await pool.close();
  await peer.stop();
});

test("[Q3] a GET is repeated without being asked for, when its kept connection closes", async () => {
  let served = 0;
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      if (++served === 2) connection.socket.end();
      else connection.reply(id, `answer ${served}`);
    },
  });
  await using pool = new Pool(peer.address, { capacity: 2 });
  await (await pool.request(GET)).body.text();
  expect(await (await pool.request(GET)).body.text()).toBe("answer 3");
});

test("dispatch, which knows no methods, shares unless it is told not to", async () => {
  const { peer, pool } = await start({ capacity: 2 });
  await run(pool).settled;
  await run(pool).settled;
  expect(pool.stats.reused).toBe(1);
  expect(() => run(pool, { reuse: "always" as "multiplexed" })).toThrow('reuse is true, false or "multiplexed"');
  await pool.close();
  await peer.stop();
});
