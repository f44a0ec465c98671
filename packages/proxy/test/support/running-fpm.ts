import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { findPhp } from "../../src/processes/php-program.ts";
import { connectOnce } from "../../src/processes/reachable.ts";
import { isRoot } from "./needs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A PHP-FPM that somebody else started, as a distribution does. */
export interface RunningFpm {
  readonly address: string;
  /** Where its pool file is. */
  readonly poolFiles: readonly string[];
  /** The user that it runs as, when started as root. */
  readonly user: string;
}

/** Starts a PHP-FPM with one pool, on `php8.7-fpm.sock`; it ends with the test. */
export async function startRunningFpm(lines: readonly string[] = []): Promise<RunningFpm> {
  const folder = temporaryFolder();
  const pools = join(folder, "etc/php/8.7/fpm/pool.d");
  mkdirSync(pools, { recursive: true });
  const socket = join(folder, "php8.7-fpm.sock");
  const user = isRoot ? ["user = nobody", "group = nogroup"] : [];
  const pool = ["[www]", ...user, `listen = ${socket}`, "listen.mode = 0666", "pm = static", "pm.max_children = 2"];
  writeFileSync(join(pools, "www.conf"), `${[...pool, ...lines].join("\n")}\n`);
  const main = join(folder, "php-fpm.conf");
  writeFileSync(main, `[global]\nerror_log = ${folder}/log\ninclude = ${pools}/*.conf\n`);
  const child = spawn(findPhp("php-fpm"), ["--nodaemonize", "--fpm-config", main], { stdio: "ignore" });
  const exited = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const address = `unix:${socket}`;
  while ((await connectOnce(address, 1_000)) !== undefined) {
    if (child.exitCode !== null) throw new Error(`PHP-FPM ended: ${readFileSync(`${folder}/log`, "utf8")}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { address, poolFiles: [`${folder}/etc/php/*/fpm/pool.d/*.conf`], user: "nobody" };
}
