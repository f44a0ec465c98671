import { flawOfRegex } from "../routing/path-regex.ts";
import type { MatchConfig } from "./define-config.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedMatch } from "./resolved-config.ts";

/** Checks the conditions of a route and gives them as lists. */
export function expandMatch(expansion: Expansion, path: KeyPath, match: string | MatchConfig): ResolvedMatch {
  const long: MatchConfig = typeof match === "string" ? { path: match } : match;
  const paths = list(long.path);
  if (typeof match === "string") checkPatterns(expansion, path, match);
  else checkPatterns(expansion, [...path, "path"], long.path ?? []);
  const hosts = list(long.host).map((host) => host.toLowerCase());
  for (const host of hosts) {
    if (!/^(?:\*\.)?[a-z0-9._-]+$|^\[[0-9a-f:.]+\]$/.test(host)) {
      expansion.problem(
        [...path, "host"],
        `must be a name such as "example.org" or "*.example.org" without port, not ${JSON.stringify(host)}.`,
      );
    }
  }
  const methods = list(long.method);
  for (const method of methods) {
    if (!/^[A-Z-]+$/.test(method))
      expansion.problem([...path, "method"], `must be a method such as "GET", not ${JSON.stringify(method)}.`);
  }
  const flaw = long.regex === undefined ? undefined : flawOfRegex(long.regex);
  if (flaw !== undefined) expansion.problem([...path, "regex"], flaw);
  return { paths, regex: flaw === undefined ? long.regex : undefined, scheme: long.scheme, methods, hosts };
}

/** Notes each pattern of paths that can match none. */
export function checkPatterns(expansion: Expansion, path: KeyPath, patterns: string | readonly string[]): void {
  for (const [index, pattern] of list(patterns).entries()) {
    if (/^[/*]/.test(pattern)) continue;
    const at = typeof patterns === "string" ? path : [...path, index];
    expansion.problem(at, `must begin with "/" or "*", not be ${JSON.stringify(pattern)}.`);
  }
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
