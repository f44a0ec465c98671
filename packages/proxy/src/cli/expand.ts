import { toLongForm } from "../config/long-form.ts";
import type { PhpSearch } from "../php/php-search.ts";
import type { Arguments } from "./arguments.ts";
import { commandConfig } from "./command-config.ts";

/**
 * A configuration with every shorthand spelled out and every default filled in, as JSON that is a configuration again.
 *
 * @throws what is wrong with it
 */
export async function expand(args: Arguments, search: PhpSearch): Promise<string[]> {
  const { config } = await commandConfig(args, search, true);
  return [JSON.stringify(toLongForm(config), undefined, 2)];
}
