import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { expect, test } from "vitest";

import { Timeouts } from "../src/timeouts.ts";

test("the interval runs by itself while a timer exists", async () => {
  const timeouts = new Timeouts();
  // Something has to keep the process alive: the interval does not.
  const alive = setTimeout(() => {}, 60_000);
  await new Promise<void>((resolve) => timeouts.schedule(10, resolve));
  clearTimeout(alive);
  expect(timeouts.size).toBe(0);
});

test("a waiting timer does not keep a process alive", async () => {
  const url = new URL("../src/timeouts.ts", import.meta.url).href;
  const worker = new Worker(
    `import(${JSON.stringify(url)}).then(({ Timeouts }) => new Timeouts().schedule(3600000, () => {}))`,
    { eval: true },
  );
  const [code] = await once(worker, "exit");
  expect(code).toBe(0);
});
