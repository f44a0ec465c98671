import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { vi } from "vitest";

import { freePort } from "../src/free-port.ts";
import { startPhpFpm } from "../src/peers/php-fpm.ts";
import type { PhpFpm } from "../src/peers/php-fpm.ts";

/** The PHP behind a site. */
export interface Backend {
  /** The value for `--php`. */
  php: string;
  stop(): Promise<void>;
}

export interface BackendKind {
  name: string;
  title: string;
  /** The PHP is the proxy's own child. */
  managed: boolean;
  start(folder: string): Promise<Backend>;
}

/** php.ini of the external pools, beside what Debian has: uploads of more than its 2 MB, and a log of PHP's complaints. */
const LIMITS = ["upload_max_filesize = 32M", "post_max_size = 32M", "log_errors = On"];

/** The three ways to PHP. */
export const BACKENDS: readonly BackendKind[] = [
  { name: "unix", title: "--php unix:…, its own FPM", managed: false, start: (folder) => startPool(folder) },
  {
    name: "tcp",
    title: "--php tcp://…, its own FPM",
    managed: false,
    start: async (folder) => startPool(folder, await freePort()),
  },
  {
    name: "auto",
    title: "--php auto, no FPM running",
    managed: true,
    start: async () => ({ php: "auto", stop: async () => {} }),
  },
];

/** Starts a PHP-FPM of four workers with the limits above. */
export async function startPool(folder: string, port?: number): Promise<Backend> {
  const settings = join(folder, "php.ini.d");
  mkdirSync(settings);
  writeFileSync(join(settings, "limits.ini"), `${LIMITS.join("\n")}\n`);
  // An empty part of the list is PHP's own folder.
  vi.stubEnv("PHP_INI_SCAN_DIR", `:${settings}`);
  let fpm: PhpFpm;
  try {
    fpm = await startPhpFpm(folder, "fpm", { children: 4, ...(port === undefined ? {} : { port }) });
  } finally {
    vi.unstubAllEnvs();
  }
  return { php: fpm.address, stop: () => fpm.stop() };
}
