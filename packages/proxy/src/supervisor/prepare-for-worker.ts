import { chownSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedConfig } from "../config/resolved-config.ts";
import { requireAccess } from "../processes/account-access.ts";
import type { Account } from "../processes/account.ts";
import { findSetpriv } from "../processes/launcher.ts";
import { servedFolders } from "../require-roots.ts";

/**
 * Makes sure that the worker, which is not root, can do what the configuration asks for: enter the folders that it serves, be the user of CGI
 * programs, which it starts itself, and store bodies. A folder for these that is missing is made for it.
 *
 * @throws `FCGI_ERR_CONFIG` with one sentence that says what to do
 */
export function prepareForWorker(config: Pick<ResolvedConfig, "root" | "routes" | "limits">, account: Account): void {
  const folders = servedFolders(config).map((path) => ({ path, what: "the document root", right: "x" as const }));
  requireAccess(account, folders, findSetpriv(), "`user`");
  for (const { index, cgi } of config.routes) {
    if (cgi?.user === undefined || cgi.user === account.name || cgi.user === String(account.uid)) continue;
    throw new FastCGIError(
      "FCGI_ERR_CONFIG",
      `routes[${index}].cgi.user is ${cgi.user}, but the worker, which starts CGI programs, is ${account.name}: leave it out, set user to ${cgi.user} for the whole server, or let a fcgiwrap of that user run them.`,
      { phase: "configure" },
    );
  }
  const { folder } = config.limits.spool;
  if (folder !== undefined) makeFor(account, folder);
}

function makeFor({ uid, gid }: Account, folder: string): void {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, and whoever made it knows for whom; if it cannot be made, the worker says so.
    return;
  }
  chownSync(folder, uid, gid);
}
