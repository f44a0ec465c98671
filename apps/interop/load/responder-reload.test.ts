// A reload under load that never pauses. A worker that goes serves connections which the web server keeps until they rest for a moment,
// since the web server may use one just when it is closed; under such a load that takes as long as nginx takes to leave one alone.
import { expect, onTestFinished, test } from "vitest";

import { startExampleNginx } from "../src/peers/example-fronts.ts";
import { startRunning } from "../src/running-example.ts";

test("workers that are replaced in turn under load lose no request", async () => {
  const running = await startRunning(startExampleNginx(), { args: ["--workers", "2", "--grace", "120"] });
  onTestFinished(() => running.stop());
  const { application } = running;
  const replaced = (): number => application!.output().split("replaced its workers").length - 1;
  const seen = new Map<number, number>();
  let turn = 0;
  const ask = async (): Promise<void> => {
    while (replaced() < 2) {
      const method = turn++ % 2 === 0 ? "GET" : "POST";
      const { status } = await running.ask("/", { method, ...(method === "POST" ? { body: "x" } : {}) });
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  };
  const reload = async (): Promise<void> => {
    for (let count = 0; count < 2; count++) {
      process.kill(application!.pid, "SIGHUP");
      while (replaced() === count) await running.ask("/");
    }
  };
  await Promise.all([reload(), ...Array.from({ length: 16 }, ask)]);
  expect([...seen.keys()]).toEqual([200]);
  expect(seen.get(200)).toBeGreaterThan(16);
});
