import { servedFolders } from "../require-roots.ts";
import type { ProxyServer } from "../server.ts";
import type { Log } from "./log.ts";
import { version } from "./usage.ts";

/** Says where the server is and what it serves. For machines: one line `listening`. */
export function writeBanner(log: Log, server: ProxyServer): void {
  const { addresses, config } = server;
  log.plain(`${log.paint("bold", "x-proxy")} ${version()}`);
  for (const { url, text } of addresses) log.plain(row(log, "address", log.paint("cyan", url ?? text)));
  for (const root of servedFolders(config)) log.plain(row(log, "root", root));
  for (const [name, text] of backends(server)) log.plain(row(log, name, text));
  log.plain(log.paint("dim", "  Ctrl-C stops it."));
  log.json({
    event: "listening",
    addresses: addresses.map(({ url, text }) => url ?? text),
    root: config.root,
    upstreams: Object.fromEntries(backends(server)),
  });
}

function row(log: Log, name: string, text: string): string {
  return `  ${log.paint("dim", name.padEnd(8))} ${text}`;
}

/** Each upstream with its addresses, and the process and user behind those that are ours. */
function backends(server: ProxyServer): [name: string, text: string][] {
  const processes = new Map(server.processes.map((process) => [process.address, process]));
  return [...server.upstreams.values()].map(({ name, addresses }) => {
    const texts = addresses.map(({ address }) => {
      const process = processes.get(address);
      if (process?.pid === undefined) return address;
      return `${address} (process ${process.pid}${process.user === undefined ? "" : ` of ${process.user}`})`;
    });
    return [name, texts.join(", ")];
  });
}
