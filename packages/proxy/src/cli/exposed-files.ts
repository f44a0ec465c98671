import { existsSync, realpathSync } from "node:fs";
import { parse, relative, sep } from "node:path";

import type { ResolvedConfig, ResolvedRoute } from "../config/resolved-config.ts";
import { DenyList } from "../routing/deny-list.ts";
import { isHidden, isScriptName } from "../routing/hidden-names.ts";
import { RouteTest } from "../routing/route-test.ts";

/**
 * What lies in a folder whose files everybody gets, and should not: the configuration, keys, passwords, bodies that wait.
 *
 * @param file the configuration's, absolute; undefined: there is none
 * @returns a sentence for each
 */
export function notesOnExposure(config: ResolvedConfig, file: string | undefined): string[] {
  const secrets = [...secretFiles(config, file)].filter(([path]) => existsSync(path));
  const notes = config.routes.flatMap((route) => {
    const root = route.static?.root ?? "";
    if (route.static === undefined || route.internal || !existsSync(root)) return [];
    if (realpathSync(root) === parse(root).root) return [`${root} is served: that is all of this machine`];
    const open = secrets.filter(([path]) => isOpen(route, root, path));
    return open.map(([path, what]) => `${path}, ${what}, lies in a folder that is served: move it, or deny it`);
  });
  return [...new Set(notes)];
}

/** Each with what it is. */
function secretFiles(config: ResolvedConfig, file: string | undefined): Map<string, string> {
  const files = new Map<string, string>();
  if (file !== undefined) files.set(file, "the configuration");
  for (const { tls } of config.listen) {
    for (const { key } of tls?.certificates ?? []) files.set(key, "a private key");
  }
  for (const { access } of config.routes) if (access?.basic !== undefined) files.set(access.basic.file, "passwords");
  const { folder } = config.limits.spool;
  if (folder !== undefined) files.set(folder, "where bodies wait");
  return files;
}

/** Would the route send it, or what lies in it, to whoever asks? */
function isOpen(route: ResolvedRoute, root: string, path: string): boolean {
  const { mount, internal, match, deny, access } = route;
  const below = relative(realpathSync(root), realpathSync(path));
  if (access !== undefined || below.startsWith("..")) return false;
  const inRoot = Buffer.from(`/${below.split(sep).join("/")}`).toString("latin1");
  if (isHidden(inRoot) || isScriptName(inRoot, route.static?.neverServe ?? [])) return false;
  if (new DenyList(deny, mount).find(inRoot) !== undefined) return false;
  // Whatever the host, the method and the scheme: some client has those.
  const test = new RouteTest({ ...match, hosts: [], methods: [], scheme: undefined, mount, internal });
  return test.matches(undefined, "", mount + inRoot, "http", false);
}
