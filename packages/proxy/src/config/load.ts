import { constants, existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import { accessCode } from "../folder-access.ts";
import type { ConfigSource } from "./config-source.ts";
import type { ProxyConfig } from "./define-config.ts";
import { type ModuleConfig, importConfig } from "./load-module.ts";
import { type TextConfig, parseTextConfig } from "./load-text.ts";
import { formatPlace, placeOfLine } from "./place.ts";

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
  if (statSync(absolute).isDirectory()) throw unreadable(file, "is a folder: name the configuration in it.");
  const source: ConfigSource = { folder: dirname(absolute), file };
  switch (extname(absolute)) {
    case ".ts":
    case ".js":
    case ".mjs":
      return loaded(await importConfig(absolute), source, absolute);
    case ".json":
    case ".yaml":
    case ".yml": {
      const kind = absolute.endsWith(".json") ? "json" : "yaml";
      return loaded(await parseTextConfig(await readFile(absolute, "utf8"), file, kind), source, absolute);
    }
    default:
      throw unreadable(file, "must end with .ts, .js, .mjs, .json, .yaml or .yml.");
  }
}

function loaded({ value, line }: ModuleConfig | TextConfig, source: ConfigSource, path: string): LoadedConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const place = formatPlace(basename(path), placeOfLine(line([])));
    const what = Array.isArray(value) ? "a list" : value === null ? "empty" : JSON.stringify(value);
    throw unreadable(`${place}:`, `a configuration is an object with routes, and this is ${what}.`);
  }
  return { config: value as ProxyConfig, source: { ...source, line }, path };
}

function unreadable(file: string, message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", `${file} ${message}`, { phase: "configure" });
}
