import { FastCGIError } from "@x/protocol/errors";

import type { Account } from "../processes/account.ts";

/**
 * Makes this process one of a user, for good: its groups, then its group, then the user, since only root may do the first two.
 *
 * @throws `FCGI_ERR_CONFIG` when the system refuses, or when root's rights could be had again
 */
export function dropPrivileges(account: Account): void {
  const { name, uid, gid, listed } = account;
  try {
    if (listed) initGroups(name, gid);
    else process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    throw problem(`the worker cannot become ${name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const now = [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()];
  if (
    now.join() !== [uid, uid, gid, gid].join() ||
    regains(() => process.setuid?.(0)) ||
    regains(() => process.setgid?.(0))
  )
    throw problem(
      `the worker became ${name}, and could still be root: this system is not understood, start as ${name}`,
    );
}

/** All groups of a user, as login gives them: initgroups(3), which @types/node does not know. */
function initGroups(name: string, gid: number): void {
  (process as unknown as { initgroups(user: string, extra: number): void }).initgroups(name, gid);
}

function regains(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function problem(message: string, cause?: unknown): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", `${message}.`, { phase: "configure", cause });
}
