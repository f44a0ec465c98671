import type { PhpChoice } from "../php/choose-php.ts";
import { servedFolders } from "../require-roots.ts";
import type { ProxyServer } from "../server.ts";
import { version } from "../version.ts";
import type { Log } from "./log.ts";
import { describePhp, noteOnPhp } from "./php-rows.ts";
import { describeSite, noteOnSite } from "./site-rows.ts";

/**
 * Says where the server is and what it serves. For machines: one line `listening`.
 *
 * @param php what runs the scripts, as far as more is known of it than an address
 * @param said sentences on what works, and may not be what was meant
 * @param paths of the configuration and of the admin socket
 */
export function writeBanner(
  log: Log,
  server: ProxyServer,
  php: PhpChoice | undefined,
  said: readonly string[],
  paths: { readonly config: string | undefined; readonly admin: string | undefined },
): void {
  const { addresses, config } = server;
  const sites = config.routes.flatMap((route) => describeSite(route) ?? []);
  const notes = [...new Set([noteOnPhp(php, config), ...config.routes.map(noteOnSite), ...said])];
  const width = Math.max("address".length, ...[...server.upstreams.keys()].map((name) => name.length)) + 1;
  const row = (name: string, text: string): void => log.plain(`  ${log.paint("dim", name.padEnd(width))} ${text}`);
  log.plain(`${log.paint("bold", "x-proxy")} ${version()}`);
  for (const { url, text } of addresses) row("address", log.paint("cyan", url ?? text));
  if (paths.config !== undefined) row("config", paths.config);
  for (const root of servedFolders(config)) row("root", root);
  for (const site of sites) row("site", site);
  for (const [name, text] of backends(server, php)) row(name, text);
  if (paths.admin !== undefined) row("admin", paths.admin);
  for (const note of notes) if (note !== undefined) row("note", note);
  log.plain(log.paint("dim", "  Ctrl-C stops it."));
  log.json({
    event: "listening",
    addresses: addresses.map(({ url, text }) => url ?? text),
    config: paths.config,
    root: config.root,
    sites,
    upstreams: Object.fromEntries(backends(server, php)),
    admin: paths.admin,
    notes: notes.filter((note) => note !== undefined),
  });
}

/** Each upstream with its addresses, and the process and user behind those that are ours. */
function backends(server: ProxyServer, php: PhpChoice | undefined): [name: string, text: string][] {
  const processes = new Map(server.processes.map((process) => [process.address, process]));
  return [...server.upstreams.values()].map(({ name, addresses }) => {
    const [first] = addresses;
    if (php !== undefined && first !== undefined) return [name, describePhp(php, first, processes.get(first.address))];
    const texts = addresses.map(({ address }) => {
      const process = processes.get(address);
      if (process?.pid === undefined) return address;
      return `${address} (process ${process.pid}${process.user === undefined ? "" : ` of ${process.user}`})`;
    });
    return [name, texts.join(", ")];
  });
}
