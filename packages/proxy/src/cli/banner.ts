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
 * @param exposed sentences on what everybody gets and should not
 * @param admin path of the admin socket
 */
export function writeBanner(
  log: Log,
  server: ProxyServer,
  php: PhpChoice | undefined,
  exposed: readonly string[],
  admin: string | undefined,
): void {
  const { addresses, config } = server;
  const sites = config.routes.flatMap((route) => describeSite(route) ?? []);
  const notes = [...new Set([noteOnPhp(php, config), ...config.routes.map(noteOnSite), ...exposed])];
  const width = Math.max("address".length, ...[...server.upstreams.keys()].map((name) => name.length)) + 1;
  const row = (name: string, text: string): void => log.plain(`  ${log.paint("dim", name.padEnd(width))} ${text}`);
  log.plain(`${log.paint("bold", "x-proxy")} ${version()}`);
  for (const { url, text } of addresses) row("address", log.paint("cyan", url ?? text));
  for (const root of servedFolders(config)) row("root", root);
  for (const site of sites) row("site", site);
  for (const [name, text] of backends(server, php)) row(name, text);
  if (admin !== undefined) row("admin", admin);
  for (const note of notes) if (note !== undefined) row("note", note);
  log.plain(log.paint("dim", "  Ctrl-C stops it."));
  log.json({
    event: "listening",
    addresses: addresses.map(({ url, text }) => url ?? text),
    root: config.root,
    sites,
    upstreams: Object.fromEntries(backends(server, php)),
    admin,
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
