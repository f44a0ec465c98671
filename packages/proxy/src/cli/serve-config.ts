import { extname, resolve } from "node:path";

import { parseApplicationAddress } from "@x/protocol/address";
import { isFastCGIError } from "@x/protocol/errors";

import type { ConfigSource } from "../config/config-source.ts";
import type { ProxyConfig } from "../config/define-config.ts";
import { expandConfig } from "../config/expand.ts";
import { loadConfig } from "../config/load.ts";
import { didYouMean } from "../config/nearest-name.ts";
import { parseListen } from "../config/parse-listen.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import { folderFault } from "../folder-access.ts";
import { choosePhp } from "../php/choose-php.ts";
import type { PhpChoice } from "../php/choose-php.ts";
import { configOfPhp } from "../php/config-of-php.ts";
import { findPool } from "../php/find-pool.ts";
import type { FpmPool } from "../php/fpm-pool.ts";
import type { PhpSearch } from "../php/php-search.ts";
import { siteIn } from "../presets/site-in.ts";
import { type Arguments, COMMANDS } from "./arguments.ts";
import { UsageError } from "./usage-error.ts";

/** What configurations end with. A document root has no such name, unless it is there. */
const CONFIGURATION: ReadonlySet<string> = new Set([".ts", ".js", ".mjs", ".json", ".yaml", ".yml"]);

/** What the command line asks for. */
export interface ServeConfig {
  readonly config: ResolvedConfig;
  /** What runs the scripts, as far as more is known of it than an address. */
  readonly php: PhpChoice | undefined;
  /** The configuration's file, absolute; undefined: there is none. */
  readonly file: string | undefined;
}

/**
 * Makes the configuration that the command line asks for: that of a file, or a folder with or without PHP.
 *
 * @throws UsageError, or `FCGI_ERR_CONFIG` for mistakes in a file, and when `--php auto` finds no PHP
 */
export async function serveConfig(args: Arguments, search: PhpSearch): Promise<ServeConfig> {
  for (const address of args.listen) {
    const parsed = parseListen(address, process.cwd());
    if (typeof parsed === "string") throw new UsageError(`--listen: ${parsed}`);
  }
  if ((args.cert === undefined) !== (args.key === undefined))
    throw new UsageError("--cert and --key belong together: name the certificate's file and that of its private key.");
  if (args.config === undefined && args.cert === undefined) {
    const https = args.listen.find((address) => address.startsWith("https://"));
    if (https !== undefined)
      throw new UsageError(`--listen ${https} needs a certificate: add \`--cert site.pem --key site.key\`.`);
  }
  if (args.config !== undefined)
    return { config: await fileConfig(args, args.config), php: undefined, file: resolve(args.config) };
  if (args.php === undefined && args.preset !== undefined)
    throw new UsageError("--preset says what kind of PHP site it is, and needs --php beside it, such as `--php auto`.");
  return args.php === "auto" ? autoConfig(args, search) : folderConfig(args, search);
}

async function fileConfig(args: Arguments, file: string): Promise<ResolvedConfig> {
  if (args.php !== undefined) {
    throw new UsageError(
      args.php === "auto"
        ? '--php and --config exclude each other: write a process of kind "php-fpm" into the configuration, under processes.'
        : "--php and --config exclude each other: write the address into the configuration, under upstreams.",
    );
  }
  if (args.preset !== undefined)
    throw new UsageError(
      "--preset and --config exclude each other: write preset into the configuration, beside php in the route.",
    );
  const { config, source } = await loadConfig(file);
  return expandConfig(overridden(config, args), { ...source, option: optionOf(args) });
}

/** What of a configuration came from the command line: a mistake there is one of an option. */
function optionOf(args: Arguments): ConfigSource["option"] {
  return ([first, second]) => {
    if (first === "listen" && args.listen.length > 0) return "--listen";
    if (first !== "tls" || args.cert === undefined) return undefined;
    return second === "key" ? "--key" : "--cert";
  };
}

/** Options of the command line over the same keys of a file. Their paths start in the working folder, not in the file's. */
function overridden(config: ProxyConfig, args: Arguments): ProxyConfig {
  const root = args.root === undefined ? {} : { root: folder(args.root) };
  const listen = args.listen.length === 0 ? {} : { listen: args.listen.map(absoluteListen) };
  return { ...config, ...root, ...listen, ...tlsOf(args) };
}

function tlsOf({ cert, key }: Arguments): Pick<ProxyConfig, "tls"> {
  return cert === undefined || key === undefined ? {} : { tls: { cert: resolve(cert), key: resolve(key) } };
}

function absoluteListen(text: string): string {
  return text.startsWith("unix:") ? `unix:${resolve(text.slice("unix:".length))}` : text;
}

/** PHP must see the folder that is served, which need not be the one that was given. */
async function autoConfig(args: Arguments, search: PhpSearch): Promise<ServeConfig> {
  const root = folder(args.root ?? ".");
  const php = await choosePhp(siteIn(root, args.preset).documentRoot, search);
  return {
    config: expandConfig({ ...siteConfig(args, root), ...configOfPhp(php) }, { option: optionOf(args) }),
    php,
    file: undefined,
  };
}

async function folderConfig(args: Arguments, search: PhpSearch): Promise<ServeConfig> {
  const root = folder(args.root ?? ".");
  const site = siteConfig(args, root);
  const source: ConfigSource = { option: optionOf(args) };
  if (args.php === undefined)
    return { config: expandConfig({ ...site, routes: [{ static: true }] }, source), php: undefined, file: undefined };
  const pool = await poolAt(args.php, search);
  if (pool === undefined) {
    const upstreams = { php: { addresses: [args.php] } };
    return { config: expandConfig({ ...site, upstreams }, source), php: undefined, file: undefined };
  }
  const php: PhpChoice = { kind: "given", address: args.php, pool };
  return { config: expandConfig({ ...site, ...configOfPhp(php) }, source), php, file: undefined };
}

/** The pool of this machine's PHP-FPM that has the address. A port says too little: what listens there may be elsewhere. */
async function poolAt(address: string, search: PhpSearch): Promise<FpmPool | undefined> {
  try {
    return parseApplicationAddress(address).address.kind === "unix" ? await findPool(address, search) : undefined;
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    throw new UsageError(`--php: ${didYouMean(address, ["auto"]).slice(1) || error.message}`);
  }
}

function siteConfig(args: Arguments, root: string): ProxyConfig {
  const { listen, preset } = args;
  return { ...(listen.length === 0 ? {} : { listen }), ...tlsOf(args), root, routes: [{ php: "php", preset }] };
}

function folder(root: string): string {
  const path = resolve(root);
  const fault = folderFault(path);
  if (fault === undefined) return path;
  // A word without a slash may have been meant as a command.
  if (fault === "does not exist" && /^[\w-]+$/.test(root)) {
    throw new UsageError(
      `${root} is neither a folder nor a command: give the folder to serve, such as ./public.${didYouMean(root, COMMANDS)}`,
    );
  }
  if (CONFIGURATION.has(extname(path)))
    throw new UsageError(`${root} is no folder: a configuration is named by --config, as in \`--config ${root}\`.`);
  const remedy = fault.includes("user") ? "let it in (`chmod a+x`), start as another user, or" : "";
  throw new UsageError(`the folder to serve, ${path}, ${fault}: ${remedy}${remedy && " "}give another one.`);
}
