import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";

import { beforeEach, expect, test } from "vitest";

import { NameResolver, lookupFor } from "../src/name-resolver.ts";
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
  expect(lookupFor({ kind: "tcp", host: "::1", port: 1 }, undefined, () => 0)).toBeUndefined();
  expect(lookupFor({ kind: "unix", path: "/a" }, undefined, () => 0)).toBeUndefined();
  expect(lookupFor({ kind: "tcp", host: "localhost", port: 1 }, undefined, () => 0)).toBeTypeOf("function");
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
