import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { findPool, uploadLimit } from "../../src/php/find-pool.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The files of a PHP-FPM as Debian has them. */
function etc(pools: string, phpIni?: string): { folder: string; poolFiles: string[]; file: string } {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "fpm/pool.d"), { recursive: true });
  const file = join(folder, "fpm/pool.d/www.conf");
  writeFileSync(file, pools);
  if (phpIni !== undefined) writeFileSync(join(folder, "fpm/php.ini"), phpIni);
  return { folder, poolFiles: [`${folder}/fpm/pool.d/*.conf`], file };
}

test("the pool of a socket, by whatever name", async () => {
  const sockets = temporaryFolder();
  const { poolFiles } = etc(
    `[a]\nlisten = ${sockets}/a.sock\n[b]\nlisten = ${sockets}/b.sock\npm.max_children = 7\n[c]\nlisten = 9000\n`,
  );
  writeFileSync(join(sockets, "b.sock"), "");
  symlinkSync("b.sock", join(sockets, "link.sock"));
  expect(await findPool(`unix:${sockets}/b.sock`, { poolFiles })).toMatchObject({ name: "b", maxChildren: 7 });
  expect(await findPool(`unix:${sockets}/link.sock`, { poolFiles })).toMatchObject({ name: "b" });
  expect(await findPool(`unix:${sockets}/x.sock`, { poolFiles })).toBeUndefined();
});

test.each(["9000", "127.0.0.1:9000", "0.0.0.0:9000", "[::]:9000", "localhost:9000"])(
  "the pool of a port, written %s",
  async (listen) => {
    const { poolFiles } = etc(`[a]\nlisten = 127.0.0.1:9001\n[www]\nlisten = ${listen}\n`);
    expect(await findPool("tcp://127.0.0.1:9000", { poolFiles })).toMatchObject({ name: "www" });
    expect(await findPool("tcp://127.0.0.1:9009", { poolFiles })).toBeUndefined();
  },
);

test("no pool files: not known", async () => {
  expect(await findPool("tcp://127.0.0.1:9000", { poolFiles: [] })).toBeUndefined();
});

test.each<[string, string, string | undefined, number | undefined, "pool" | "ini"]>([
  ["php.ini of Debian", "", "upload_max_filesize = 2M\npost_max_size = 8M\n", 2_097_152, "ini"],
  ["the smaller of both counts", "", "upload_max_filesize = 64M\npost_max_size = 8M\n", 8_388_608, "ini"],
  ["PHP's own where php.ini says nothing", "", "[PHP]\nmemory_limit = 1G\n", 2_097_152, "ini"],
  [
    "the pool over php.ini",
    "php_admin_value[upload_max_filesize] = 32M\nphp_value[post_max_size] = 33M\n",
    "upload_max_filesize = 2M\n",
    33_554_432,
    "pool",
  ],
  ["0 is no limit", "php_value[upload_max_filesize] = 0\nphp_value[post_max_size] = 0\n", "", undefined, "pool"],
  ["nothing can be read", "", undefined, undefined, "ini"],
])("upload limit: %s", async (_title, pool, phpIni, bytes, where) => {
  const { poolFiles, folder, file } = etc(`[www]\nlisten = 9000\n${pool}`, phpIni);
  const found = await findPool("tcp://127.0.0.1:9000", { poolFiles });
  const limit = found && uploadLimit(found);
  expect(limit).toEqual(
    bytes === undefined ? undefined : { bytes, file: where === "pool" ? file : join(folder, "fpm/php.ini") },
  );
});
