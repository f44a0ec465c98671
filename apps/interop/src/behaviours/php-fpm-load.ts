// Our client's pool in front of PHP-FPM: every request is answered with what belongs to it, however PHP-FPM manages its processes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Pool } from "@x/client";
import type { PoolOptions } from "@x/client";
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

/** GETs and POSTs in turn; fails at the first answer that is not the right one. */
export async function loadPhpFpm({ settings, children, options, requests, concurrency }: PhpFpmLoad): Promise<void> {
  const folder = temporaryFolder();
  const script = join(folder.path, "echo.php");
  writeFileSync(script, '<?php echo $_SERVER["N"], " ", file_get_contents("php://input");', { mode: 0o644 });
  const fpm = await startPhpFpm(folder.path, "load", { children, ...(settings === undefined ? {} : { settings }) });
  const pool = new Pool(fpm.address, { queueTimeout: 60_000, queue: concurrency, ...options });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < 2 * requests; number = next++) {
      const post = number % 2 === 1;
      const params = { REQUEST_METHOD: post ? "POST" : "GET", SCRIPT_FILENAME: script, N: String(number) };
      // A POST must neither fail nor run twice when PHP-FPM closes a kept connection: it gets one of its own by itself.
      const how = post ? { stdin: `body ${number}` } : {};
      // oxlint-disable-next-line no-await-in-loop -- as many at once as there are workers
      const { statusCode, body } = await pool.request({ params, ...how });
      // oxlint-disable-next-line no-await-in-loop
      expect(`${statusCode} ${await body.text()}`).toBe(`200 ${number} ${post ? `body ${number}` : ""}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    expect(pool.stats).toMatchObject({ active: 0, queued: 0 });
  } finally {
    await pool.destroy();
    await fpm.stop();
    folder.remove();
  }
}
