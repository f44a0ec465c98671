import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import { poolFiles, runningAddresses } from "../../src/php/php-search.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function folderWith(files: readonly string[]): string {
  const folder = temporaryFolder();
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  return folder;
}

test("sockets with the newest version first, in the order of their places", () => {
  const folder = folderWith([
    "php/php-fpm.sock",
    "php/php7.4-fpm.sock",
    "php/php8.10-fpm.sock",
    "php/php8.9-fpm.sock",
    "php/other.sock",
    "php-fpm/www.sock",
  ]);
  const running = [
    `unix:${folder}/php/php*-fpm.sock`,
    `unix:${folder}/php-fpm/www.sock`,
    `unix:${folder}/php-fpm/www.sock`,
    "tcp://127.0.0.1:9000",
  ];
  expect(runningAddresses({ running })).toEqual([
    `unix:${folder}/php/php8.10-fpm.sock`,
    `unix:${folder}/php/php8.9-fpm.sock`,
    `unix:${folder}/php/php7.4-fpm.sock`,
    `unix:${folder}/php/php-fpm.sock`,
    `unix:${folder}/php-fpm/www.sock`,
    "tcp://127.0.0.1:9000",
  ]);
});

test("the usual places end with the port of PHP-FPM", () => {
  expect(runningAddresses({}).at(-1)).toBe("tcp://127.0.0.1:9000");
  expect(runningAddresses({ running: [] })).toEqual([]);
});

test("pool files of all versions, the newest first", () => {
  const folder = folderWith(["php/8.2/fpm/pool.d/a.conf", "php/8.2/fpm/pool.d/b.conf", "php/8.4/fpm/pool.d/c.conf"]);
  expect(poolFiles({ poolFiles: [`${folder}/php/*/fpm/pool.d/*.conf`] })).toEqual([
    `${folder}/php/8.4/fpm/pool.d/c.conf`,
    `${folder}/php/8.2/fpm/pool.d/a.conf`,
    `${folder}/php/8.2/fpm/pool.d/b.conf`,
  ]);
});
