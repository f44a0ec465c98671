import { resolve } from "node:path";

import type { StaticRouteConfig } from "./define-config.ts";
import type { Expansion } from "./expand.ts";
import { checkFileNames, scriptExtensions } from "./file-rules.ts";
import type { KeyPath } from "./key-path.ts";
import type { ResolvedFastCGIRoute, ResolvedStaticRoute } from "./resolved-config.ts";

/** @param fastcgi of the same route, whose root and index files are its own */
export function expandStatic(
  expansion: Expansion,
  path: KeyPath,
  it: StaticRouteConfig,
  fastcgi: ResolvedFastCGIRoute | undefined,
): ResolvedStaticRoute {
  const fallback = fastcgi?.root ?? expansion.root;
  const root = it.root === undefined ? fallback : expansion.path(it.root);
  if (root === undefined) {
    if (fastcgi === undefined) expansion.problem(path, 'needs a folder: add "root" here or to the configuration.');
  } else if (fastcgi?.root !== undefined && resolve(fastcgi.root) !== root) {
    expansion.problem([...path, "root"], "must be the same folder as fastcgi.root in the same route.");
  }
  const index = it.index ?? fastcgi?.index ?? ["index.html"];
  checkFileNames(expansion, [...path, "index"], index);
  const maxAge = it.maxAge === undefined ? undefined : expansion.duration([...path, "maxAge"], it.maxAge, 0, Infinity);
  return { root: root ?? "", index, maxAge, immutable: it.immutable ?? false, neverServe: scriptExtensions(expansion) };
}
