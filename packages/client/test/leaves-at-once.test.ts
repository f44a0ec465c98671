import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { expect, onTestFinished, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { TestRuntime } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

/** Counts the pieces that leave. */
function countSent(): () => number {
  let sent = 0;
  const count = (): void => void sent++;
  subscribe("fastcgi:client:sent", count);
  onTestFinished(() => void unsubscribe("fastcgi:client:sent", count));
  return () => sent;
}

const source = {
  *[Symbol.iterator]() {
    yield Buffer.from("body");
  },
};

test.for([
  { what: "an idempotent request on a kept connection leaves at once", options: { idempotent: true }, pieces: 1 },
  { what: "with the body that it has", options: { idempotent: true, stdin: "body" }, pieces: 1 },
  { what: "[Q3] one that is not idempotent leaves at the end of the turn", options: {}, pieces: 0 },
  { what: "one whose body comes from a source, too", options: { idempotent: true, stdin: source }, pieces: 0 },
])("$what, in one piece", async ({ options, pieces }) => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  await using pool = new Pool(peer.address, { capacity: 2 }, new TestRuntime());
  await run(pool).settled;
  const sent = countSent();
  const recorder = run(pool, options);
  expect(sent()).toBe(pieces);
  expect((await recorder.settled).calls).toEqual(["start", "stdout", "end"]);
  if (options.stdin !== source) expect(sent()).toBe(1);
});

test("what waits goes out on the connection that comes free, before the answer that freed it is told", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  await using pool = new Pool(peer.address, { capacity: 1 }, new TestRuntime());
  await run(pool).settled;
  const sent = countSent();
  const first = run(pool, { idempotent: true });
  const second = run(pool, { idempotent: true });
  expect(sent()).toBe(1);
  await first.settled;
  expect(sent()).toBe(2);
  expect((await second.settled).calls).toEqual(["start", "stdout", "end"]);
});

test("after one that was refused for its params the next leaves all the same", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  await using pool = new Pool(peer.address, { capacity: 1 }, new TestRuntime());
  await run(pool).settled;
  const refused = run(pool, { idempotent: true, params: { NAME: "\u0100" } });
  expect((await refused.settled).error?.code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  expect((await run(pool).settled).calls).toEqual(["start", "stdout", "end"]);
});

test("who listens to what is sent may keep it", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  await using pool = new Pool(peer.address, { capacity: 2 }, new TestRuntime());
  const kept: Uint8Array[] = [];
  const keep = (message: unknown): void => void kept.push((message as { chunk: Uint8Array }).chunk);
  subscribe("fastcgi:client:sent", keep);
  onTestFinished(() => void unsubscribe("fastcgi:client:sent", keep));
  for (const value of ["one", "two", "six"]) {
    // oxlint-disable-next-line no-await-in-loop
    await run(pool, { idempotent: true, params: { VALUE: value } }).settled;
  }
  expect(
    kept.map(
      (chunk) =>
        Buffer.from(chunk)
          .toString("latin1")
          .match(/VALUE(...)/)?.[1],
    ),
  ).toEqual(["one", "two", "six"]);
});

test("requests that share a connection leave together", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  await using pool = new Pool(peer.address, { capacity: 4, multiplex: 4, connections: 1 }, new TestRuntime());
  await run(pool).settled;
  const sent = countSent();
  const recorders = [run(pool, { idempotent: true }), run(pool, { idempotent: true })];
  expect(sent()).toBe(0);
  for (const recorder of recorders) await recorder.settled;
  expect(sent()).toBe(1);
});
