import { constants, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { FastCGIError } from "@x/protocol/errors";

import { accessCode } from "../folder-access.ts";
import type { ProxyConfig } from "./define-config.ts";
import type { ConfigSource } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** A configuration as it stands in its file; nothing of it is checked yet but that it can be read. */
export interface LoadedConfig {
  /** To be given to `expandConfig`, which checks it. */
  readonly config: ProxyConfig;
  /** To be given to `expandConfig` beside it. */
  readonly source: ConfigSource;
  /** Absolute path of the file. */
  readonly path: string;
}

const NAMES = ["x.config.ts", "x.config.js", "x.config.mjs", "x.config.json", "x.config.yaml", "x.config.yml"];

/** The configuration file in a folder: `x.config.ts`, `.js`, `.mjs`, `.json`, `.yaml` or `.yml`; undefined when there is none. */
export function findConfig(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * Reads a configuration file. A module (`.ts`, `.js`, `.mjs`) gives the configuration as its default export; Node itself
 * strips the types.
 *
 * @throws FastCGIError `FCGI_ERR_CONFIG` when there is no such file or it cannot be read or run
 * @example
 * const { config, source } = await loadConfig("x.config.ts");
 * const gateway = createGateway(expandConfig(config, source));
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const absolute = resolve(path);
  const file = basename(absolute);
  const code = accessCode(absolute, constants.R_OK);
  if (code === "EACCES") throw unreadable(file, `may not be read by this user in ${dirname(absolute)}.`);
  if (code !== undefined) throw unreadable(file, `does not exist in ${dirname(absolute)}.`);
  const source: ConfigSource = { folder: dirname(absolute), file };
  switch (extname(absolute)) {
    case ".ts":
    case ".js":
    case ".mjs":
      return { config: await importConfig(absolute, file), source, path: absolute };
    case ".json":
    case ".yaml":
    case ".yml":
      return { ...(await parseConfig(absolute, file, source)), path: absolute };
    default:
      throw unreadable(file, "must end with .ts, .js, .mjs, .json, .yaml or .yml.");
  }
}

async function importConfig(path: string, file: string): Promise<ProxyConfig> {
  let module: { default?: ProxyConfig };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: ProxyConfig };
  } catch (error) {
    throw unreadable(file, `cannot be run: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (module.default === undefined)
    throw unreadable(file, "has no default export: write export default defineConfig({ … }).");
  return module.default;
}

/** JSON is read by the same parser, since all of JSON is YAML: so both know the lines of their keys. */
async function parseConfig(
  path: string,
  file: string,
  source: ConfigSource,
): Promise<{ config: ProxyConfig; source: ConfigSource }> {
  const text = await readFile(path, "utf8");
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined)
    throw unreadable(`${file}:${lines.linePos(error.pos[0]).line}`, `cannot be read: ${error.message}`, error);
  const line = (keys: KeyPath): number | undefined => {
    // A key that is missing has no place: then its parent's is the next best.
    for (let length = keys.length; length > 0; length--) {
      const node: unknown = document.getIn(keys.slice(0, length), true);
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (range !== undefined) return lines.linePos(range[0]).line;
    }
    return undefined;
  };
  return { config: document.toJS() as ProxyConfig, source: { ...source, line } };
}

function unreadable(file: string, message: string, cause?: unknown): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", `${file} ${message}`, { phase: "configure", cause });
}
