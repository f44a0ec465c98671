import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, extname, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { FastCGIError } from "@x/protocol/errors";

import type { KeyPath } from "./key-path.ts";
import type { ModuleText } from "./module-text.ts";
import { type Place, formatPlace, placeOfLine } from "./place.ts";

/** What a module exports as its default. */
export interface ModuleConfig {
  readonly value: unknown;
  /** The line of a key, where it is written in the module itself. */
  readonly line: (path: KeyPath) => number | undefined;
}

/**
 * Runs a module; Node itself strips types.
 *
 * @throws FastCGIError `FCGI_ERR_CONFIG` with the place of what is wrong
 */
export async function importConfig(path: string): Promise<ModuleConfig> {
  const file = basename(path);
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    throw wrong(await describeModuleError(error, path), error);
  }
  const text = await readModule(path);
  const value = module.default;
  const place = formatPlace(file, placeOfLine(text?.lineOf([])));
  if (value === undefined) throw wrong(`${place}: has no default export: write export default defineConfig({ … }).`);
  if (typeof value === "function")
    throw wrong(`${place}: the default export is a function: export what it returns, by calling it.`);
  if (value instanceof Promise) {
    value.catch(() => undefined);
    throw wrong(`${place}: the default export is a promise: write await before it.`);
  }
  return { value, line: (keys) => text?.lineOf(keys) };
}

/** undefined: it cannot be read. */
async function readModule(path: string): Promise<ModuleText | undefined> {
  const { ModuleText: Text } = await import("./module-text.ts");
  try {
    return new Text(readFileSync(path, "utf8"), extname(path).endsWith("ts"));
  } catch {
    return undefined;
  }
}

/**
 * What kept a module from being run, with its place, as a sentence.
 *
 * @param given may be a link: Node names the file that it leads to
 */
export async function describeModuleError(error: unknown, given: string): Promise<string> {
  const file = basename(given);
  const path = realpathSync(given);
  const name = (other: string): string => (other === path ? file : relative(dirname(path), other));
  if (!(error instanceof Error)) return `${file}: cannot be run: it throws ${JSON.stringify(error) ?? String(error)}.`;
  const { code = "" } = error as NodeJS.ErrnoException;
  const missing = code === "ERR_MODULE_NOT_FOUND" ? await describeImport(error, name) : undefined;
  if (missing !== undefined) return missing;
  const message = error.message.replaceAll(/\s*\n\s*/g, " ").replace(/\.$/, "");
  const shown = snippet(error);
  if (shown !== undefined) {
    const place = formatPlace(name(shown.path), shown.place);
    const text = await readModule(shown.path);
    return `${place}: ${code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" ? onlyStripped(message) : syntax(message, text, shown.place)}.`;
  }
  if (error instanceof SyntaxError) {
    const [where, mistake] = (await findMistake(path)) ?? [path];
    return `${formatPlace(name(where), mistake)}: cannot be read: ${message}.`;
  }
  const kind = error.name === "Error" ? "" : `${error.name}: `;
  return `${formatPlace(file, placeIn(error, path))}: cannot be run: ${kind}${message}.`;
}

/** The first file that cannot be parsed, and where, of a module and those beside it that it imports: Node says so for TypeScript alone. */
async function findMistake(path: string, seen = new Set<string>()): Promise<[file: string, at: Place] | undefined> {
  if (seen.has(path)) return undefined;
  seen.add(path);
  const text = await readModule(path);
  if (text?.mistake !== undefined) return [path, text.mistake];
  for (const specifier of text?.imports ?? []) {
    const found = /^[./]/.test(specifier) ? await findMistake(resolve(dirname(path), specifier), seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The compiler calls every word `ident`, and the end `<eof>`. */
function syntax(message: string, text: ModuleText | undefined, place: Place): string {
  const word = text?.wordAt(place) ?? "";
  const named = /^[\w$]+$/.test(word) ? message.replace("'ident'", `'${word}'`) : message;
  const clear = named.replace(/['\x60]<eof>['\x60]/, "the end of the file").replace(/\beof\b/, "end of the file");
  return `cannot be read: ${clear}`;
}

function onlyStripped(message: string): string {
  return `cannot be run: ${message.replace(/ (?:is|are) not supported in strip-only mode$/, "")} is more than a type, and Node only takes types away: write it as JavaScript`;
}

/** What Node shows before the stack: `/site/x.config.ts:3`, lines of the text, and carets below. */
function snippet({ stack = "" }: Error): { path: string; place: Place } | undefined {
  const [first = "", ...lines] = stack.split("\n");
  const found = /^((?:file:\/\/)?\/.+):(\d+)$/.exec(first);
  if (found === null) return undefined;
  const [, url = "", line] = found;
  const caret = lines.find((it) => /^\s*\^+\s*$/.test(it));
  const column = caret === undefined ? undefined : caret.indexOf("^") + 1;
  return {
    path: url.startsWith("file:") ? fileURLToPath(url) : url,
    place: { line: Number(line), column },
  };
}

/** Where the module itself was, when it threw or something that it called did. */
function placeIn({ stack = "" }: Error, path: string): Place | undefined {
  for (const [, url = "", line, column] of stack.matchAll(/^\s+at .*?(file:\/\/[^\s()]+):(\d+):(\d+)\)?$/gm))
    if (fileURLToPath(url) === path) return { line: Number(line), column: Number(column) };
  return undefined;
}

async function describeImport({ message }: Error, nameOf: (path: string) => string): Promise<string | undefined> {
  const found = /^Cannot find (package|module) '(.+)' imported from (.+)$/.exec(message);
  if (found === null) return undefined;
  const [, kind, name = "", from = ""] = found;
  const importer = from.startsWith("file:") ? fileURLToPath(from) : from;
  const text = await readModule(importer);
  const place = text?.importOf((specifier) =>
    kind === "package"
      ? specifier === name || specifier.startsWith(`${name}/`)
      : resolve(dirname(importer), specifier) === name,
  );
  const at = formatPlace(nameOf(importer), placeOfLine(place?.line));
  if (kind === "module")
    return `${at}: imports ${relative(dirname(importer), name)}, which does not exist: correct the path.`;
  const instead =
    name === "@x/proxy" ? ", or write `import type`, and satisfies ProxyConfig in place of defineConfig" : "";
  return `${at}: imports the package ${name}, which is not installed here: run \`npm install ${name}\` in ${dirname(importer)}${instead}.`;
}

function wrong(message: string, cause?: unknown): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure", cause });
}
