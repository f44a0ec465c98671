import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { parseApplicationAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { requireAccess } from "./account-access.ts";
import type { Account } from "./account.ts";

/**
 * Makes sure that a process can make its socket file: the folder is there and its user may make files in it. A folder that is
 * missing is made, for that user alone, and for the worker when that is another one.
 *
 * @param client the user of the worker
 * @throws `FCGI_ERR_CONFIG` with one sentence that names the folder and the remedy
 */
export function prepareSocketFolder(
  address: string,
  account: Account | undefined,
  setpriv: string | undefined,
  client: Account | undefined,
): void {
  const { address: parsed } = parseApplicationAddress(address);
  if (parsed.kind !== "unix") return;
  const folder = dirname(parsed.path);
  if (!existsSync(folder)) make(folder, account, client);
  requireAccess(account, [{ path: folder, what: "the socket folder", right: "w" }], setpriv);
}

function make(folder: string, account: Account | undefined, client: Account | undefined): void {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
    giveFolder(folder, account, client);
  } catch (error) {
    const message = `the socket folder ${folder} cannot be made (${error instanceof Error ? error.message : String(error)}): make it, or choose an address in another folder.`;
    throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure", cause: error });
  }
}

/**
 * Gives a folder for sockets to the user of an application. When the worker is another one, its group may enter, and the sockets made there
 * have that group.
 */
export function giveFolder(folder: string, account: Account | undefined, client: Account | undefined): void {
  if (account === undefined) return;
  if (!isOther(client, account)) {
    chownSync(folder, account.uid, account.gid);
    return;
  }
  chownSync(folder, account.uid, client.gid);
  chmodSync(folder, 0o2710);
}

/** Is the worker's user another one than the application's? */
export function isOther(client: Account | undefined, account: Account | undefined): client is Account {
  return client !== undefined && account !== undefined && client.uid !== account.uid;
}
