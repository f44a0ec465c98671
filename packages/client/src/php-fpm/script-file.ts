import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import type { PhpFpmOptions } from "./php-fpm.ts";

/**
 * Writes a script for PHP's user, whoever that is, and removes it when `use` is done.
 *
 * It is in a folder of its own that others can enter and not list, and holds no secrets. Nothing is shared with a
 * document root, so that no web server runs it.
 *
 * @param use gets the folder as PHP sees it, and the script's name in it
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when it cannot be written
 */
export async function withScript<Result>(
  script: string,
  { scriptFolder = tmpdir(), scriptFolderInside, scriptExtension = ".php" }: PhpFpmOptions,
  use: (folder: string, name: string) => Promise<Result>,
): Promise<Result> {
  const parent = resolve(scriptFolder);
  const folder = await makeFolder(parent);
  const name = `task${scriptExtension}`;
  try {
    const file = join(folder, name);
    await writeFile(file, script, { flag: "wx" });
    // After the writing, since a umask takes from the mode that is asked for.
    await chmod(file, 0o644);
    await chmod(folder, 0o711);
    const inside = scriptFolderInside?.replace(/\/+$/, "");
    return await use(inside === undefined ? folder : `${inside}/${basename(folder)}`, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFolder(parent: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, "x-client-"));
  } catch (error) {
    throw new FastCGIError(
      "FCGI_ERR_INVALID_ARGUMENT",
      `No script can be written to ${parent}: ${(error as Error).message}. Give scriptFolder a folder that we may write to and PHP may read.`,
      { cause: error },
    );
  }
}
