import { chownSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import { socketOf } from "../upstreams/socket-address.ts";
import { requireAccess } from "./account-access.ts";
import type { Account } from "./account.ts";

/**
 * Makes sure that a process can make its socket file: the folder is there and its user may make files in it. A folder that is
 * missing is made, for that user alone.
 *
 * @throws `FCGI_ERR_CONFIG` with one sentence that names the folder and the remedy
 */
export function prepareSocketFolder(address: string, account: Account | undefined, setpriv: string | undefined): void {
  const parsed = socketOf(address);
  if (parsed.kind !== "unix") return;
  const folder = dirname(parsed.path);
  if (!existsSync(folder)) make(folder, account);
  requireAccess(account, [{ path: folder, what: "the socket folder", right: "w" }], setpriv);
}

function make(folder: string, account: Account | undefined): void {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
    if (account !== undefined) chownSync(folder, account.uid, account.gid);
  } catch (error) {
    const message = `the socket folder ${folder} cannot be made (${error instanceof Error ? error.message : String(error)}): make it, or choose an address in another folder.`;
    throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure", cause: error });
  }
}
