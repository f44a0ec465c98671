import { resolve } from "node:path";

import { findConfig } from "../config/load.ts";
import type { PhpSearch } from "../php/php-search.ts";
import type { Arguments } from "./arguments.ts";
import { type ServeConfig, serveConfig } from "./serve-config.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The configuration that a command is about: what the command line names, else the file in the working folder, else that folder.
 *
 * @param needed is there no point without one?
 * @throws UsageError, or `FCGI_ERR_CONFIG` for what is wrong in the file
 */
export async function commandConfig(args: Arguments, search: PhpSearch, needed: boolean): Promise<ServeConfig> {
  const { config, root, php, preset } = args;
  const asked = [config, root, php, preset].some((it) => it !== undefined);
  const file = asked ? config : findConfig(process.cwd());
  if (!asked && file === undefined && needed) {
    throw new UsageError(
      `there is no configuration in ${process.cwd()}: name one with --config FILE, or make one with \`x-proxy init\`.`,
    );
  }
  return serveConfig({ ...args, config: file }, search);
}

/**
 * Says that a configuration is there and is not read, since the command line names a folder.
 *
 * @param file the configuration that is read
 */
export function notesOnUnread({ root, php }: Arguments, file: string | undefined): string[] {
  if (file !== undefined || (root === undefined && php === undefined)) return [];
  const found = findConfig(resolve(root ?? "."));
  return found === undefined
    ? []
    : [`${found} is not read, since the command line says what to serve: --config reads it`];
}
