import { statSync } from "node:fs";
import { resolve } from "node:path";

import { parseAddress } from "@x/protocol/address";
import { isFastCGIError } from "@x/protocol/errors";

import type { ProxyConfig } from "../config/define-config.ts";
import { expandConfig } from "../config/expand.ts";
import type { ConfigSource } from "../config/expand.ts";
import { loadConfig } from "../config/load.ts";
import { parseListen } from "../config/parse-listen.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { Arguments } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Makes the configuration that the command line asks for: that of a file, or a folder with or without PHP.
 *
 * @throws UsageError, or `FCGI_ERR_CONFIG` for mistakes in a file
 */
export async function serveConfig(args: Arguments): Promise<ResolvedConfig> {
  for (const address of args.listen) {
    const parsed = parseListen(address, process.cwd());
    if (typeof parsed === "string") throw new UsageError(`--listen: ${parsed}`);
  }
  if (args.config === undefined) return expandConfig(folderConfig(args));
  if (args.php !== undefined)
    throw new UsageError(
      "--php and --config exclude each other: write the address into the configuration, under upstreams.",
    );
  const { config, source } = await loadConfig(args.config);
  return expandConfig(overridden(config, args), source satisfies ConfigSource);
}

/** Options of the command line over the same keys of a file. Their paths start in the working folder, not in the file's. */
function overridden(config: ProxyConfig, args: Arguments): ProxyConfig {
  const root = args.root === undefined ? {} : { root: folder(args.root) };
  const listen = args.listen.length === 0 ? {} : { listen: args.listen.map(absoluteListen) };
  return { ...config, ...root, ...listen };
}

function absoluteListen(text: string): string {
  return text.startsWith("unix:") ? `unix:${resolve(text.slice("unix:".length))}` : text;
}

function folderConfig(args: Arguments): ProxyConfig {
  const root = folder(args.root ?? ".");
  const listen = args.listen.length === 0 ? {} : { listen: args.listen };
  if (args.php === undefined) return { ...listen, root, routes: [{ static: true }] };
  try {
    parseAddress(args.php);
  } catch (error) {
    if (isFastCGIError(error)) throw new UsageError(`--php: ${error.message}`);
    throw error;
  }
  return { ...listen, root, upstreams: { php: { addresses: [args.php] } }, routes: [{ php: "php" }] };
}

function folder(root: string): string {
  const path = resolve(root);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return path;
  // A word without a slash may have been meant as a command.
  if (found === undefined && /^[\w-]+$/.test(root)) {
    throw new UsageError(`${root} is neither a folder nor a command: give the folder to serve, such as ./public.`);
  }
  throw new UsageError(
    `the folder to serve, ${path}, ${found === undefined ? "does not exist" : "is no folder"}: give another one.`,
  );
}
