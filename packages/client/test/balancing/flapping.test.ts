import { expect, test } from "vitest";

import { BalancedPool } from "../../src/balancing/balanced-pool.ts";
import { channels } from "../../src/diagnostics.ts";
import type { ClientDiagnostics } from "../../src/diagnostics.ts";
import { TestRuntime } from "../support/clock.ts";
import { pair, serve, usePeerGroup } from "../support/peer-group.ts";
import { run } from "../support/run.ts";

usePeerGroup();

test("[f43] [Q9] an address that works every other second: fewer and fewer requests try it, and hardly any fails", async () => {
  const runtime = new TestRuntime();
  let works = true;
  const flapping = {
    onRequest: ({ id, connection }: Parameters<NonNullable<typeof serve.onRequest>>[0]) => {
      if (works) connection.reply(id);
      else connection.socket.destroy();
    },
  };
  const [a, b] = await pair(flapping, serve);
  const ejections: number[] = [];
  const listener = (message: unknown): void => {
    const { state } = message as ClientDiagnostics["fastcgi:client:peer"];
    if (state === "ejected") ejections.push(runtime.time);
  };
  channels.peer.subscribe(listener);
  const pool = new BalancedPool([a.address, b.address], {}, runtime, () => 0.5);
  let failed = 0;
  const SECONDS = 120;
  for (let second = 0; second < SECONDS; second++) {
    works = second % 2 === 0;
    for (let tenth = 0; tenth < 10; tenth++) {
      // A POST, which is not tried elsewhere once it was sent.
      // oxlint-disable-next-line no-await-in-loop
      const { code } = await run(pool, { params: { REQUEST_METHOD: "POST" } }).settled;
      if (code !== undefined) failed++;
      // oxlint-disable-next-line no-await-in-loop
      await runtime.pass(100);
    }
  }
  channels.peer.unsubscribe(listener);
  await pool.close();
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThanOrEqual((SECONDS * 10) / 20);
  // Left out for 1, 2, 4, 8, 16, 30 s: at every other second it would be ejected sixty times.
  expect(ejections.length).toBeLessThanOrEqual(10);
  const pauses = ejections.slice(1).map((time, index) => time - ejections[index]!);
  expect(pauses.at(-1)).toBeGreaterThan(4 * pauses[0]!);
});
