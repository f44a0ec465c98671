import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedConfig } from "./config/resolved-config.ts";
import { folderFault } from "./folder-access.ts";

/**
 * Makes sure that every folder of this machine is there that the configuration serves, or has applications send files from.
 *
 * @throws `FCGI_ERR_CONFIG` for the first that is not
 */
export function requireRoots(config: Pick<ResolvedConfig, "root" | "routes" | "places">): void {
  const sent = config.routes.flatMap((route) => route.fastcgi?.sendfile.roots ?? []);
  for (const root of new Set([...servedFolders(config), ...sent])) {
    const fault = folderFault(root);
    if (fault === undefined) continue;
    const remedy = fault.includes("user") ? "let it in (`chmod a+x`)" : "make it";
    const place = config.places.get(root);
    const [before, after] = place === undefined ? ["", ", which the configuration serves,"] : [`${place}: `, ""];
    throw new FastCGIError(
      "FCGI_ERR_CONFIG",
      `${before}the folder ${root}${after} ${fault}: ${remedy}, or name another one.`,
      { phase: "configure" },
    );
  }
}

/** The folders of this machine that a configuration serves, each once. */
export function servedFolders(config: Pick<ResolvedConfig, "root" | "routes">): string[] {
  const folders = config.routes.flatMap((route) => [
    route.static?.root,
    route.filter?.root,
    route.cgi?.root,
    route.fastcgi?.checkFiles === true ? route.fastcgi.root : undefined,
  ]);
  // A preset may have found the document root inside of the folder that was given, which is then served no more.
  const common = config.routes.some(({ preset }) => preset !== undefined) ? undefined : config.root;
  return [...new Set([common, ...folders].filter((folder) => folder !== undefined))];
}
