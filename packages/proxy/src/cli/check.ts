import { basename } from "node:path";

import { loadHandlers } from "../embedded/load-handler.ts";
import { createGateway } from "../gateway.ts";
import type { PhpSearch } from "../php/php-search.ts";
import { requireRoots } from "../require-roots.ts";
import { Certificates } from "../tls/certificates.ts";
import type { Arguments } from "./arguments.ts";
import { commandConfig, notesOnUnread } from "./command-config.ts";
import { withAddresses } from "./explain.ts";
import { notesOnExposure } from "./exposed-files.ts";
import { noteOnSite } from "./site-rows.ts";

/**
 * Reads a configuration as `serve` does and starts nothing.
 *
 * @returns what to print
 * @throws what is wrong with it
 */
export async function check(args: Arguments, search: PhpSearch): Promise<string[]> {
  const { config, file } = await commandConfig(args, search, true);
  requireRoots(config);
  await loadHandlers(config);
  const certificates = new Certificates(config.listen);
  certificates.close();
  await createGateway(withAddresses(config)).destroy();
  const sites = config.routes.map(noteOnSite).filter((note) => note !== undefined);
  const notes = [
    ...new Set([...sites, ...certificates.warnings, ...notesOnExposure(config, file), ...notesOnUnread(args, file)]),
  ];
  const name = file === undefined ? "the configuration" : basename(file);
  if (args.json) return [JSON.stringify({ ok: true, file, routes: config.routes.length, notes })];
  const { size } = config.upstreams;
  const counts = `${config.routes.length} ${config.routes.length === 1 ? "route" : "routes"}, ${size} ${size === 1 ? "upstream" : "upstreams"}`;
  return [`${name} is fine: ${counts}`, ...notes.map((note) => `note: ${note}`)];
}
