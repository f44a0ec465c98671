// Our client's pool in front of PHP-FPM: every request is answered with what belongs to it, however PHP-FPM manages its processes.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Pool } from "@x/client";
import type { ClientDiagnostics, PoolOptions } from "@x/client";
import { expect } from "vitest";

import { startPhpFpm } from "../peers/php-fpm.ts";
import { temporaryFolder } from "../temporary.ts";

export interface PhpFpmLoad {
  /** More lines for PHP-FPM's pool, such as `pm = dynamic`. */
  settings?: readonly string[];
  children: number;
  options: PoolOptions;
  /** Of each kind. */
  requests: number;
  concurrency: number;
}

/** Who waits, in the order of asking, and by how many that came later each was overtaken. */
class Order {
  readonly #waiting = new Map<string, number>();
  most = 0;
  readonly onBegin = (message: unknown): void => {
    const { params } = message as ClientDiagnostics["fastcgi:client:request"];
    const number = String(params.values[params.names.indexOf("N")]);
    if (!this.#waiting.delete(number)) return; // repeated
    for (const [other, overtaken] of this.#waiting) {
      if (Number(other) > Number(number)) return;
      this.#waiting.set(other, overtaken + 1);
      this.most = Math.max(this.most, overtaken + 1);
    }
  };

  ask(number: string): void {
    this.#waiting.set(number, 0);
  }
}

/** GETs and POSTs in turn; fails at the first answer that is not the right one, or when somebody was left to wait while others were served. */
export async function loadPhpFpm({ settings, children, options, requests, concurrency }: PhpFpmLoad): Promise<void> {
  const folder = temporaryFolder();
  const script = join(folder.path, "echo.php");
  writeFileSync(script, '<?php echo $_SERVER["N"], " ", file_get_contents("php://input");', { mode: 0o644 });
  const fpm = await startPhpFpm(folder.path, "load", { children, ...(settings === undefined ? {} : { settings }) });
  const pool = new Pool(fpm.address, { queueTimeout: 60_000, queue: concurrency, ...options });
  const order = new Order();
  subscribe("fastcgi:client:request", order.onBegin);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < 2 * requests; number = next++) {
      const post = number % 2 === 1;
      const params = { REQUEST_METHOD: post ? "POST" : "GET", SCRIPT_FILENAME: script, N: String(number) };
      // A POST must neither fail nor run twice when PHP-FPM closes a kept connection: it gets one of its own by itself.
      const how = post ? { stdin: `body ${number}` } : {};
      order.ask(String(number));
      // oxlint-disable-next-line no-await-in-loop -- as many at once as there are workers
      const { statusCode, body } = await pool.request({ params, ...how });
      // oxlint-disable-next-line no-await-in-loop
      expect(`${statusCode} ${await body.text()}`).toBe(`200 ${number} ${post ? `body ${number}` : ""}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    expect(pool.stats).toMatchObject({ active: 0, queued: 0 });
    expect(order.most).toBeLessThan(concurrency);
  } finally {
    unsubscribe("fastcgi:client:request", order.onBegin);
    await pool.destroy();
    await fpm.stop();
    folder.remove();
  }
}
