import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** What a web server must never hand out as text, beside the scripts of the configuration. */
const SCRIPT_EXTENSIONS = [".php", ".php3", ".php4", ".php5", ".php7", ".php8", ".phtml", ".phps", ".phar", ".pht"];

/** Scripts of one route must not become text by another one. */
export function scriptExtensions(expansion: Expansion): string[] {
  const extensions = new Set(SCRIPT_EXTENSIONS);
  for (const route of expansion.config.routes) {
    for (const extension of route.fastcgi?.extensions ?? []) extensions.add(extension.toLowerCase());
  }
  return [...extensions];
}

/** Notes each name that is none of a file. */
export function checkFileNames(expansion: Expansion, path: KeyPath, names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    if (/[/\0]/.test(name) || name === "." || name === "..") {
      expansion.problem([...path, index], `must be a file name, not ${JSON.stringify(name)}.`);
    }
  }
}
