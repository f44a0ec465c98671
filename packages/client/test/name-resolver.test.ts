import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";

import { beforeEach, expect, test } from "vitest";

import { NameResolver, resolverFor } from "../src/name-resolver.ts";
import type { PoolOptions } from "../src/pool-options.ts";
import { Pool } from "../src/pool.ts";
import { TestRuntime } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

let time = 0;
let lookups: ((error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void)[] = [];
beforeEach(() => {
  time = 0;
  lookups = [];
});

const resolver = new NameResolver(
  "app.test",
  (_host, _options, callback) => void lookups.push(callback),
  () => time,
);
const one = (address: string): LookupAddress[] => [{ address, family: 4 }];
const failure = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });

/** What `net.connect` would get. */
function ask(): Promise<string> {
  return new Promise((resolve) => {
    resolver.lookup("app.test", { all: true }, (error, addresses) => {
      resolve(error?.code ?? (addresses as LookupAddress[]).map(({ address }) => address).join());
    });
  });
}

test("[f39] asked anew after a second, once for all that ask meanwhile; the last good answer serves for five minutes", async () => {
  const first = [ask(), ask()];
  expect(lookups).toHaveLength(1);
  lookups[0]!(null, one("10.0.0.1"));
  expect(await Promise.all([...first, ask()])).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
  expect(lookups).toHaveLength(1);

  time = 1_000;
  const changed = ask();
  lookups[1]!(null, one("10.0.0.2"));
  expect(await changed).toBe("10.0.0.2");

  time = 299_000;
  const failed = ask();
  lookups[2]!(failure, []);
  expect(await failed).toBe("10.0.0.2");

  time = 302_000;
  const late = ask();
  lookups[3]!(failure, []);
  expect(await late).toBe("ENOTFOUND");
});

test("[f39] no address at all, and the form with one address", async () => {
  time = 1e9;
  const empty = ask();
  lookups[0]!(null, []);
  expect(await empty).toBe("ENOTFOUND");
  const single = new Promise<unknown[]>((resolve) => {
    resolver.lookup("app.test", {}, (...args) => resolve(args));
  });
  lookups[1]!(
    null,
    Array.from({ length: 300 }, (_, index) => ({ address: `10.0.1.${index}`, family: 4 })),
  );
  expect(await single).toEqual([null, "10.0.1.0", 4]);
});

test("addresses without a name need none", () => {
  expect(resolverFor({ kind: "tcp", host: "::1", port: 1 }, undefined, () => 0)).toBeUndefined();
  expect(resolverFor({ kind: "unix", path: "/a" }, undefined, () => 0)).toBeUndefined();
  expect(resolverFor({ kind: "tcp", host: "localhost", port: 1 }, undefined, () => 0)).toBeInstanceOf(NameResolver);
});

test("[f39] a pool follows the name to another address", async () => {
  await using peer = await Peer.start({ tcp: true, onRequest: ({ id, connection }) => connection.reply(id) });
  const runtime = new TestRuntime();
  let answer = "127.0.0.2";
  const lookup: LookupFunction = (_host, _options, callback) => callback(null, one(answer));
  const pool = new Pool(`tcp://app.test:${peer.address.split(":").at(-1)}`, { lookup }, runtime);
  expect((await run(pool).settled).code).toBe("FCGI_ERR_CONNECT");
  answer = "127.0.0.1";
  runtime.time += 1_000;
  expect((await run(pool).settled).code).toBeUndefined();
  await pool.close();
});

test("[f40] the first of several addresses refuses: the next one is tried", async () => {
  await using peer = await Peer.start({ tcp: true, onRequest: ({ id, connection }) => connection.reply(id) });
  const lookup: LookupFunction = (_host, _options, callback) =>
    callback(null, [{ address: "::1", family: 6 }, ...one("127.0.0.2"), ...one("127.0.0.1")]);
  const pool = new Pool(`tcp://app.test:${peer.address.split(":").at(-1)}`, { lookup });
  expect((await run(pool).settled).code).toBeUndefined();
  await pool.close();
});

/** A name that leads to `answer`, and a peer that listens on all addresses of the machine. */
async function startNamed(options: PoolOptions): Promise<{
  peer: Peer;
  pool: Pool;
  runtime: TestRuntime;
  moveTo(...addresses: string[]): void;
  asked(): number;
}> {
  const peer = await Peer.start({ tcp: true });
  const runtime = new TestRuntime();
  let answer = ["127.0.0.1"];
  let asked = 0;
  const lookup: LookupFunction = (_host, _options, callback) => {
    asked++;
    const found = answer.map((address) => ({ address, family: isIP(address) }));
    if (found.length === 0) callback(failure, []);
    else callback(null, found);
  };
  const address = `tcp://app.test:${peer.address.split(":").at(-1)}`;
  const pool = new Pool(address, { lookup, headersTimeout: 0, ...options }, runtime);
  return { peer, pool, runtime, moveTo: (...addresses) => (answer = addresses), asked: () => asked };
}

/** Ends the request that began as the `count`-th. */
async function reply(peer: Peer, count: number): Promise<void> {
  await peer.begun(count);
  const { id, connection } = peer.requests[count - 1]!;
  connection.reply(id);
}

test("[f39] a multiplexed connection that is never idle leaves an address that its name no longer has", async () => {
  const { peer, pool, runtime, moveTo } = await startNamed({ multiplex: 4, connections: 1 });
  const runs = run(pool);
  const ends = run(pool);
  await peer.begun(2);
  moveTo("127.0.0.2", "127.0.0.1");
  runtime.time += 60_000;
  await reply(peer, 2);
  await ends.settled;
  expect(pool.stats).toMatchObject({ active: 1, opened: 1 });

  // Still one of its addresses: it has stayed. Now it is none.
  moveTo("::1", "127.0.0.2");
  runtime.time += 60_000;
  const last = run(pool);
  await reply(peer, 3);
  await last.settled;
  const elsewhere = run(pool);
  expect(pool.stats).toMatchObject({ active: 1, queued: 1, connecting: 1 });
  elsewhere.controller.abort();
  expect((await elsewhere.settled).code).toBe("FCGI_ERR_ABORTED");

  // What ran there ends there.
  await reply(peer, 1);
  expect((await runs.settled).calls).toEqual(["start", "stdout", "end"]);
  await peer.connections[0]!.ended;
  await pool.destroy();
  await peer[Symbol.asyncDispose]();
});

test("[f39] it stays where it is while there is no answer, and none is asked for twice a minute", async () => {
  const { peer, pool, runtime, moveTo, asked } = await startNamed({ multiplex: 4, connections: 1 });
  const runs = run(pool);
  await peer.begun(1);
  moveTo();
  runtime.time += 60_000;
  for (let count = 2; count <= 4; count++) {
    const ends = run(pool);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await reply(peer, count);
    // oxlint-disable-next-line no-await-in-loop
    expect((await ends.settled).code).toBeUndefined();
  }
  expect(asked()).toBe(2);
  expect(pool.stats).toMatchObject({ active: 1, opened: 1 });
  await reply(peer, 1);
  await runs.settled;
  await pool.destroy();
  await peer[Symbol.asyncDispose]();
});

test("[f39] an IPv6 address is the same in whatever form its name gives it", () => {
  const asks = new NameResolver(
    "app.test",
    (_host, _options, callback) => callback(null, [{ address: "2001:DB8:0:0::0001", family: 6 }, ...one("10.0.0.1")]),
    () => 1e6,
  );
  const told: string[][] = [];
  asks.recheck((addresses) => told.push([...addresses]));
  asks.recheck((addresses) => told.push([...addresses]));
  expect(told).toEqual([["2001:db8::1", "10.0.0.1"]]);
});
