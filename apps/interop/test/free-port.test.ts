import { once } from "node:events";
import { createServer } from "node:net";

import { expect, onTestFinished, test } from "vitest";

import { freePort, freePorts } from "../src/free-port.ts";

test("nobody gets a port twice, not even at the same time", async () => {
  const rows = await Promise.all(Array.from({ length: 10 }, () => freePorts(5)));
  const ports = rows.flatMap((first) => [first, first + 1, first + 2, first + 3, first + 4]);
  expect(new Set([...ports, await freePort()]).size).toBe(51);
});

test("a port that somebody listens on is left out", async () => {
  const before = await freePort();
  const taken = createServer().listen(before + 3, "127.0.0.1");
  // Somebody may have been there before us; it is all the same then.
  await Promise.race([once(taken, "listening"), once(taken, "error")]).catch(() => {});
  onTestFinished(() => void taken.close());
  const first = await freePorts(4);
  expect([first, first + 1, first + 2, first + 3]).not.toContain(before + 3);
});
