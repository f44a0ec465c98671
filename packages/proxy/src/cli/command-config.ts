import { findConfig } from "../config/load.ts";
import type { PhpSearch } from "../php/php-search.ts";
import type { Arguments } from "./arguments.ts";
import { type ServeConfig, serveConfig } from "./serve-config.ts";
import { UsageError } from "./usage-error.ts";

/** Where a configuration comes from, for messages. */
export interface CommandConfig extends ServeConfig {
  /** The file; undefined: the command line alone. */
  readonly file: string | undefined;
}

/**
 * The configuration that a command is about: what the command line asks for as `serve` does, else the file in the working folder.
 *
 * @param needed is there no point without one?
 * @throws UsageError, or `FCGI_ERR_CONFIG` for what is wrong in the file
 */
export async function commandConfig(args: Arguments, search: PhpSearch, needed: boolean): Promise<CommandConfig> {
  const asked = args.config !== undefined || args.root !== undefined || args.php !== undefined;
  const file = asked ? args.config : findConfig(process.cwd());
  if (!asked && file === undefined && needed) {
    throw new UsageError(
      `there is no configuration in ${process.cwd()}: name one with --config FILE, or make one with \`x-proxy init\`.`,
    );
  }
  return { ...(await serveConfig({ ...args, config: file }, search)), file };
}
