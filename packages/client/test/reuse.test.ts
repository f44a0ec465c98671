import { expect, test } from "vitest";

import type { PoolOptions } from "../src/pool-options.ts";
import { Pool } from "../src/pool.ts";
import type { RequestOptions } from "../src/request.ts";
import { toParams } from "../src/to-params.ts";
import { TestRuntime } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

const GET = { params: toParams({ path: "/" }) };
const POST = { params: toParams({ path: "/", method: "POST", body: "a=b" }), stdin: "a=b" };
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("chunk");
}

async function start(options: PoolOptions): Promise<{ peer: Peer; pool: Pool }> {
  const peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  // Its clock stands still: no connection is closed for its age.
  return { peer, pool: new Pool(peer.address, options, new TestRuntime()) };
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
  await using pool = new Pool(peer.address, { capacity: 2 }, new TestRuntime());
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

const BODY = "hello";
test.for<{ what: string; options: PoolOptions; length: string | Uint8Array | undefined; kept: boolean }>([
  { what: "as many as announced", options: { capacity: 1 }, length: "5", kept: true },
  { what: "announced in bytes", options: { capacity: 1 }, length: Buffer.from("5"), kept: true },
  { what: "fewer: the end of the body tells", options: { capacity: 1 }, length: "9", kept: true },
  { what: "more", options: { capacity: 1 }, length: "4", kept: false },
  { what: "not announced", options: { capacity: 1 }, length: undefined, kept: false },
  { what: "announced by what is no number", options: { capacity: 1 }, length: "five", kept: false },
  { what: "more, multiplexed", options: { multiplex: 2 }, length: "4", kept: true },
])("[2e.11] bytes of a body that PHP leaves unread end their connection: $what", async ({ options, length, kept }) => {
  const { peer, pool } = await start(options);
  const announced: Record<string, string | Uint8Array> = length === undefined ? {} : { CONTENT_LENGTH: length };
  await run(pool, { params: { REQUEST_METHOD: "POST", ...announced }, stdin: BODY }).settled;
  if (!kept) await peer.connections[0]!.ended;
  expect((await run(pool).settled).code).toBeUndefined();
  expect(peer.connections).toHaveLength(kept ? 1 : 2);
  await pool.close();
  await peer.stop();
});

test("[2e.3] FCGI_DATA, which PHP leaves unread, ends its connection", async () => {
  await using peer = await Peer.start({
    onRequest: ({ role, id, connection }) => void (role === 1 && connection.reply(id)),
    onData: ({ id, connection }) => connection.reply(id),
  });
  const pool = new Pool(peer.address, { capacity: 1 }, new TestRuntime());
  await run(pool, { role: "filter", data: "a file" }).settled;
  await peer.connections[0]!.ended;
  expect((await run(pool).settled).code).toBeUndefined();
  expect(peer.connections).toHaveLength(2);
  await pool.close();
});

test("[2e.17] a new connection over TCP that ends without a byte: the error says who may have refused", async () => {
  let served = 0;
  await using peer = await Peer.start({
    tcp: true,
    onRequest: ({ id, connection }) => {
      if (++served === 2) connection.reply(id);
      else connection.socket.destroy();
    },
  });
  const pool = new Pool(peer.address, { capacity: 1 }, new TestRuntime());
  const refused = await run(pool).settled;
  expect([refused.code, refused.error?.message]).toEqual([
    "FCGI_ERR_SOCKET",
    expect.stringContaining("listen.allowed_clients"),
  ]);
  expect((await run(pool).settled).code).toBeUndefined();
  const late = await run(pool).settled;
  expect(late.code).toBe("FCGI_ERR_SOCKET");
  expect(late.error?.message).not.toContain("listen.allowed_clients");
  await pool.close();
});
