import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

import { FastCGIError } from "@x/protocol/errors";

/** A system user that an application process runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** In the machine's list of users, so that its other groups are known too. */
  readonly listed: boolean;
}

/** The users that distributions make for web servers: Debian, Arch, Red Hat (two), and the one that is everywhere. */
const WEB_USERS = ["www-data", "http", "nginx", "apache", "_www", "nobody"] as const;

/** What {@link chooseAccount} goes by. */
export interface AccountChoice {
  /** The user that the configuration names. */
  configured: string | undefined;
  /** The document root, whose owner comes next. */
  root: string | undefined;
  /** Where the user was configured, for the message: `processes.php.user`. */
  key: string;
  /** Our own user id. @default that of this process */
  uid?: number;
}

/**
 * The user that an application process runs as.
 *
 * Started as root: the configured user, else the owner of the document root, else (when that is root) the distribution's web
 * user; never root. Started by anybody else: that user, and no other can be had.
 *
 * @returns undefined for "as we are"
 * @throws `FCGI_ERR_CONFIG` when the configured user does not exist, is root, or is out of reach
 */
export function chooseAccount(choice: AccountChoice): Account | undefined {
  const own = choice.uid ?? process.getuid?.();
  const configured = choice.configured === undefined ? undefined : configuredAccount(choice.configured, choice.key);
  if (own !== 0) {
    if (configured === undefined || configured.uid === own) return undefined;
    throw problem(
      `${choice.key} is ${configured.name}, but only root can start a program as another user: start as root, or leave it out.`,
    );
  }
  return configured ?? ownerOf(choice.root) ?? webUser(choice.key);
}

function configuredAccount(name: string, key: string): Account {
  const account = findAccount(name);
  if (account === undefined) throw problem(`${key} is ${JSON.stringify(name)}, and this machine has no such user.`);
  if (account.uid === 0)
    throw problem(
      `${key} is root, and neither applications nor the worker ever run as root: name another user, such as www-data.`,
    );
  return account;
}

function ownerOf(folder: string | undefined): Account | undefined {
  if (folder === undefined) return undefined;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return undefined;
  return (
    findAccount(String(owner.uid)) ?? {
      name: String(owner.uid),
      uid: owner.uid,
      gid: owner.gid,
      home: "/",
      listed: false,
    }
  );
}

function webUser(key: string): Account {
  for (const name of WEB_USERS) {
    const account = findAccount(name);
    if (account !== undefined) return account;
  }
  throw problem(
    `neither applications nor the worker ever run as root, and this machine has none of the users ${WEB_USERS.join(", ")}: set ${key}.`,
  );
}

/** Looks a user up by name or number: first in the machine's own list, then wherever else its users are kept (LDAP …). */
export function findAccount(nameOrUid: string): Account | undefined {
  return parsePasswd(readOwnList(), nameOrUid) ?? parsePasswd(askNameService(nameOrUid), nameOrUid);
}

/** Finds one user in lines of passwd(5). */
export function parsePasswd(lines: string, nameOrUid: string): Account | undefined {
  for (const line of lines.split("\n")) {
    const [name, , uid, gid, , home] = line.split(":");
    if (name === undefined || uid === undefined || gid === undefined) continue;
    if (name !== nameOrUid && uid !== nameOrUid) continue;
    return {
      name,
      uid: Number(uid),
      gid: Number(gid),
      home: home === undefined || home === "" ? "/" : home,
      listed: true,
    };
  }
  return undefined;
}

function readOwnList(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

function askNameService(nameOrUid: string): string {
  // A name that begins with a hyphen would be an option.
  if (!/^[A-Za-z0-9_]/.test(nameOrUid)) return "";
  try {
    return execFileSync("getent", ["passwd", nameOrUid], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}

function problem(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
