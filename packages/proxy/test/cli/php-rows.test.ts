import { expect, test } from "vitest";

import { describePhp } from "../../src/cli/php-rows.ts";
import type { PhpChoice } from "../../src/php/choose-php.ts";
import type { FpmPool } from "../../src/php/fpm-pool.ts";
import type { ProcessStatus } from "../../src/processes/managed-process.ts";

const address = (capacity?: number): Parameters<typeof describePhp>[1] => ({
  address: "unix:/run/php/php8.4-fpm.sock",
  capacity,
  multiplex: 1,
  connections: undefined,
  weight: 1,
  backup: false,
});

const pool: FpmPool = {
  name: "www",
  file: "/etc/php/8.4/fpm/pool.d/www.conf",
  listen: "/run/php/php8.4-fpm.sock",
  maxChildren: 5,
  statusPath: undefined,
  user: "www-data",
  chroot: undefined,
  ini: new Map(),
};

const running = (pool: FpmPool | undefined, version?: string): PhpChoice => ({
  kind: "running",
  address: address().address,
  version,
  pool,
});

const own: PhpChoice = {
  kind: "php-fpm",
  program: "/usr/sbin/php-fpm8.4",
  version: "8.4.24",
  why: "no running PHP-FPM was found",
};

const status = (more: Partial<ProcessStatus>): ProcessStatus => ({
  name: "php",
  kind: "php-fpm",
  state: "running",
  address: address().address,
  user: undefined,
  pid: 1234,
  restarts: 0,
  startedAt: 0,
  lastExit: undefined,
  ...more,
});

test.each<[string, string]>([
  [
    describePhp(running(pool, "8.4"), address(5), undefined),
    "PHP-FPM 8.4 of www-data runs on unix:/run/php/php8.4-fpm.sock; 5 workers (pm.max_children in /etc/php/8.4/fpm/pool.d/www.conf)",
  ],
  [
    describePhp(running({ ...pool, maxChildren: 1 }, "8.4"), address(1), undefined),
    "PHP-FPM 8.4 of www-data runs on unix:/run/php/php8.4-fpm.sock; 1 worker (pm.max_children in /etc/php/8.4/fpm/pool.d/www.conf)",
  ],
  [
    describePhp(running(undefined), address(), undefined),
    "PHP-FPM runs on unix:/run/php/php8.4-fpm.sock; how many workers it has is not known, since its pool file cannot be read",
  ],
  [
    describePhp(own, address(8), status({})),
    "php-fpm 8.4 started here (process 1234): no running PHP-FPM was found; 8 workers",
  ],
  [
    describePhp(own, address(8), status({ user: "www-data" })),
    "php-fpm 8.4 started here (process 1234 of www-data): no running PHP-FPM was found; 8 workers",
  ],
  // It ended at once: the log says why.
  [
    describePhp(own, address(8), status({ pid: undefined })),
    "php-fpm 8.4 started here: no running PHP-FPM was found; 8 workers",
  ],
])("%s", (text, expected) => {
  expect(text).toBe(expected);
});

test("a given PHP-FPM whose pool file is known", () => {
  const given: PhpChoice = { kind: "given", address: address().address, pool };
  expect(describePhp(given, address(5), undefined)).toBe(
    "unix:/run/php/php8.4-fpm.sock; 5 workers (pm.max_children in /etc/php/8.4/fpm/pool.d/www.conf)",
  );
});
