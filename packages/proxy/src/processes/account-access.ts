import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

import { FastCGIError } from "@x/protocol/errors";

import { foldersAbove } from "../folders-above.ts";
import type { Account } from "./account.ts";
import { launchCommand } from "./launcher.ts";

/** A place that an application must be able to reach. */
export interface Needed {
  /** Absolute. */
  readonly path: string;
  /** What it is, for the message: `the document root`. */
  readonly what: string;
  /** What must be possible there: enter (a folder) or run (a program), read (a file), make files in it (a folder). */
  readonly right: "x" | "r" | "w";
}

/**
 * Prints the first path that fails, each given with the right in front: `x/srv`. `test` asks the kernel, so access control
 * lists and other groups count.
 */
const SCRIPT = 'for a do p=${a#?}; [ "-${a%"$p"}" "$p" ] || { printf %s "$p"; exit 1; }; done';

/**
 * Makes sure that the user can enter all folders above each place and use it as needed, by trying it as that user.
 *
 * @param key where the configuration names the user, for the message
 * @throws `FCGI_ERR_CONFIG` with one sentence that names the folder in the way and the remedy
 */
export function requireAccess(
  account: Account | undefined,
  needed: readonly Needed[],
  setpriv: string | undefined,
  key = "`user` of the process",
): void {
  for (const place of needed) {
    const above = foldersAbove(place.path).map((folder) => ({ path: folder, right: "x" as const }));
    const barrier = firstBarrier(account, [...above, place], setpriv);
    if (barrier !== undefined)
      throw new FastCGIError("FCGI_ERR_CONFIG", sentence(account, barrier, place, key), { phase: "configure" });
  }
}

/** The first folder on the way to a file that the user cannot enter, or undefined; by trying it as that user. */
export function folderInTheWay(account: Account, path: string, setpriv: string | undefined): string | undefined {
  const above = foldersAbove(path).map((folder) => ({ path: folder, right: "x" as const }));
  return firstBarrier(account, above, setpriv);
}

type Step = Pick<Needed, "path" | "right">;

function firstBarrier(
  account: Account | undefined,
  way: readonly Step[],
  setpriv: string | undefined,
): string | undefined {
  if (account === undefined) return way.find((step) => !isAllowed(step))?.path;
  const steps = way.map((step) => step.right + step.path);
  const { file, args, ...user } = launchCommand(["/bin/sh", "-c", SCRIPT, "sh", ...steps], account, setpriv);
  const tried = spawnSync(file, args, {
    ...user,
    cwd: "/",
    env: {},
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return tried.status === 1 && tried.stdout !== "" ? tried.stdout : undefined;
}

const MODE = { x: constants.X_OK, r: constants.R_OK, w: constants.W_OK } as const;

function isAllowed({ path, right }: Step): boolean {
  try {
    accessSync(path, MODE[right]);
    return true;
  } catch {
    return false;
  }
}

function sentence(account: Account | undefined, barrier: string, { path, what, right }: Needed, key: string): string {
  const who = account === undefined ? "this user" : `user ${account.name}`;
  const cure = account === undefined ? "start as another user" : `name another one in the configuration (${key})`;
  if (barrier !== path) {
    return `${who} cannot enter ${barrier}, on the way to ${what} ${path}: run \`chmod a+x ${barrier}\`, move it to a folder that everybody may enter, such as /srv, or ${cure}.`;
  }
  const deed = { x: "may not use", r: "may not read", w: "may not make files in" }[right];
  const remedy =
    right === "w" ? `chown ${account?.name ?? "$USER"} ${path}` : `chmod a+${right === "x" ? "rx" : "r"} ${path}`;
  return `${who} ${deed} ${what} ${path}: run \`${remedy}\`, or ${cure}.`;
}
