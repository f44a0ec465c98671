import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

import type { Account } from "./account.ts";

/** A command line and the options of `spawn` that make it run as the right user. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * How to start a program so that it ends with us and runs as `account`.
 *
 * `setpriv` (util-linux) asks the kernel to send SIGTERM to the program when we die, even by SIGKILL, and sets all of the
 * user's groups. It replaces itself by the program, so the process id stays. Where it is missing, Node changes the user
 * (without its other groups), and applications that outlive us are stopped by the next start.
 *
 * @param setpriv its path, or undefined where there is none
 */
export function launchCommand(
  command: readonly string[],
  account: Account | undefined,
  setpriv: string | undefined,
): Launch {
  const [file = "", ...args] = command;
  if (setpriv === undefined)
    return account === undefined ? { file, args } : { file, args, uid: account.uid, gid: account.gid };
  return { file: setpriv, args: ["--pdeathsig", "TERM", ...accountOptions(account), "--", file, ...args] };
}

/** The options of `setpriv` that change the user. The death signal is set after that: a change of user clears it. */
function accountOptions(account: Account | undefined): string[] {
  if (account === undefined) return [];
  const groups = account.listed ? "--init-groups" : "--clear-groups";
  return ["--reuid", String(account.uid), "--regid", String(account.gid), groups];
}

/** Where `setpriv` is. The folders of root are searched too: a service's PATH may lack them. */
export function findSetpriv(path: string | undefined = process.env["PATH"]): string | undefined {
  if (process.platform !== "linux") return undefined;
  return findProgram("setpriv", [...(path ?? "").split(delimiter), "/usr/bin", "/bin"]);
}

/** The first of `folders` that has an executable file of this name. */
export function findProgram(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
