import { existsSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";

import { findConfig } from "../config/load.ts";
import type { Arguments } from "./arguments.ts";
import { phpFileIn } from "./php-files.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Writes a configuration for what lies in a folder; never over another one.
 *
 * @returns what to print
 * @throws UsageError when there is one already, or no such folder
 */
export function init(args: Arguments): string[] {
  const folder = resolve(args.root ?? ".");
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`${folder} is no folder: name the one that the configuration is for.`);
  const found = findConfig(folder);
  if (found !== undefined) throw new UsageError(`${found} is there already, and is left as it is.`);
  const path = join(folder, "x.config.ts");
  const root = existsSync(join(folder, "public")) && phpFileIn(folder) === undefined ? "./public" : ".";
  const php = args.php !== undefined || phpFileIn(resolve(folder, root)) !== undefined;
  writeFileSync(path, configText(args, root, php), { flag: "wx" });
  // The one in the working folder is taken by itself.
  const named = args.root === undefined ? "" : ` --config ${join(args.root, basename(path))}`;
  return args.json
    ? [JSON.stringify({ file: path })]
    : [`wrote ${path}`, `look at it: x-proxy expand${named}`, `serve it:   x-proxy${named}`];
}

function configText({ php: address, listen, cert, key }: Arguments, root: string, php: boolean): string {
  const tls = cert !== undefined && key !== undefined;
  const lines = [
    // A type is erased when the file is run: nothing needs to be installed beside it.
    'import type { ProxyConfig } from "@x/proxy";',
    "",
    "export default {",
    `  listen: ${JSON.stringify(listen.length === 0 ? [tls ? "https://127.0.0.1:8443" : "127.0.0.1:8080"] : listen)},`,
    ...(tls ? [`  tls: ${JSON.stringify({ cert: resolve(cert), key: resolve(key) })},`] : []),
    `  root: ${JSON.stringify(root)},`,
  ];
  const own = address === undefined || address === "auto";
  if (php) {
    const upstream = own ? "{ capacity: 8 }" : `{ addresses: [${JSON.stringify(address)}] }`;
    lines.push(`  upstreams: { php: ${upstream} },${own ? " // capacity: workers of PHP" : ""}`);
    if (own) lines.push('  processes: { php: { kind: "php-fpm", upstream: "php" } },');
  }
  lines.push("  routes: [");
  if (php) lines.push('    { php: "php" }, // files, scripts, and the front controller of the kind of site that it is');
  else lines.push("    { static: true },");
  lines.push("  ],", "} satisfies ProxyConfig;", "");
  return lines.join("\n");
}
