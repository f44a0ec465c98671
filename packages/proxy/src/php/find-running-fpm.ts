import { realpath } from "node:fs/promises";

import { parseAddress } from "@x/protocol/address";

import { folderInTheWay } from "../processes/account-access.ts";
import { findAccount } from "../processes/account.ts";
import { findSetpriv } from "../processes/launcher.ts";
import { closedFolder } from "../routing/closed-folder.ts";
import { askFpm } from "./ask-fpm.ts";
import { findPool } from "./find-pool.ts";
import type { FpmPool } from "./fpm-pool.ts";
import { listenerOwners } from "./listener-owners.ts";
import { runningAddresses } from "./php-search.ts";
import type { PhpSearch } from "./php-search.ts";

/** A PHP-FPM that somebody else started and that can be used. */
export interface RunningFpm {
  readonly address: string;
  /** What its pool file says, where that may be read. */
  readonly pool: FpmPool | undefined;
}

/** What became of the search. */
export interface FpmSearchResult {
  readonly found: RunningFpm | undefined;
  /** Why others were passed over, each a sentence without its full stop. */
  readonly passedOver: readonly string[];
}

/**
 * Looks for a PHP-FPM that runs, answers, and can see a folder.
 *
 * @param root the document root
 */
export async function findRunningFpm(root: string, search: PhpSearch): Promise<FpmSearchResult> {
  const passedOver: string[] = [];
  const seen = new Set<string>();
  for (const address of runningAddresses(search)) {
    // Distributions have several names for one socket: links, and /var/run.
    const real = await realpath(address.slice("unix:".length)).catch(() => address);
    if (seen.has(real)) continue;
    seen.add(real);
    const pool = await findPool(address, search);
    const stranger = strangerOn(address, pool);
    if (stranger !== undefined) {
      passedOver.push(`what listens on ${address} was started by user ${stranger}, who is neither root nor this user`);
      continue;
    }
    const answer = await askFpm(address, root);
    if (answer.kind === "absent") continue;
    if (answer.kind === "unusable") {
      passedOver.push(`what listens on ${address} ${answer.why}`);
      continue;
    }
    const barrier = folderInItsWay(root, pool);
    if (answer.kind === "sees" && (answer.inside || barrier === undefined))
      return { found: { address, pool }, passedOver };
    passedOver.push(`the PHP-FPM on ${address} cannot see ${root}${whyBlind(root, pool, barrier)}`);
  }
  return { found: undefined, passedOver };
}

/** Somebody who took a TCP port that others expect PHP-FPM on. UNIX sockets lie in folders where strangers cannot make any. */
function strangerOn(address: string, pool: FpmPool | undefined): string | undefined {
  const target = parseAddress(address);
  if (target.kind !== "tcp") return undefined;
  const known = new Set([0, process.getuid?.() ?? 0]);
  const account = pool?.user === undefined ? undefined : findAccount(pool.user);
  if (account !== undefined) known.add(account.uid);
  const uid = listenerOwners(target.port).find((owner) => !known.has(owner));
  return uid === undefined ? undefined : (findAccount(String(uid))?.name ?? String(uid));
}

/** The folder that the pool's user cannot enter; undefined: there is none, or only root could find it out. */
function folderInItsWay(root: string, pool: FpmPool | undefined): string | undefined {
  if (process.getuid?.() !== 0 || pool?.user === undefined) return undefined;
  const account = findAccount(pool.user);
  return account && folderInTheWay(account, `${root}/.`, findSetpriv());
}

function whyBlind(root: string, pool: FpmPool | undefined, barrier: string | undefined): string {
  if (pool?.chroot !== undefined && pool.chroot !== "") return ` (its chroot is ${pool.chroot})`;
  if (barrier !== undefined) return ` (its user ${pool?.user} cannot enter ${barrier})`;
  const closed = closedFolder(`${root}/.`);
  return closed === undefined ? "" : ` (${closed} is closed to other users)`;
}
