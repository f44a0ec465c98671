import type { RouteConfig } from "./define-config.ts";
import type { Expansion } from "./expand.ts";
import type { KeyPath } from "./key-path.ts";

/** Where a route lies; empty: at the root. Latin-1. */
export function expandMount(expansion: Expansion, path: KeyPath, route: RouteConfig): string {
  const mount = (route.mount ?? "").replace(/\/+$/, "");
  if (route.mount === undefined) return impliedMount(route);
  if (!route.mount.startsWith("/") || /\/\/|\/\.{1,2}(?:\/|$)|[?#*\\%]/.test(mount))
    expansion.problem([...path, "mount"], `must be a path such as "/blog", not ${JSON.stringify(route.mount)}.`);
  for (const key of ["respond", "redirect", "rewrite", "acme"] as const) {
    if (route[key] !== undefined) expansion.problem([...path, "mount"], `has no meaning beside ${key}: use match.`);
  }
  return Buffer.from(mount, "utf8").toString("latin1");
}

/** A folder of the route's own stands for the path that the route is for (Apache `ScriptAlias`, nginx `alias`). */
function impliedMount({ cgi, filter, match, root }: RouteConfig): string {
  if (cgi === undefined && (filter?.root ?? (filter && root)) === undefined) return "";
  const paths = typeof match === "string" ? match : match?.path;
  const only = typeof paths === "string" ? paths : paths?.length === 1 ? paths[0] : undefined;
  const found = /^(\/[^*?{}[\]!()\\]*)\/\*{1,2}$/.exec(only ?? "")?.[1] ?? "";
  return Buffer.from(found, "utf8").toString("latin1");
}
