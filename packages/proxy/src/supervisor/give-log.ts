import { constants, fchownSync, fstatSync, lstatSync } from "node:fs";
import { dirname } from "node:path";

import { openLog } from "../access-log/log-file.ts";
import type { Account } from "../processes/account.ts";

/**
 * Opens a log file as root and gives it to the user of the worker, so that the worker can open it anew by its name (nginx does the same).
 *
 * Where others may write into the folder, a link that they put there would make any file of the machine theirs: no link is followed, and
 * no file given away that has another name elsewhere.
 *
 * @returns its descriptor
 * @throws FastCGIError `FCGI_ERR_CONFIG` when it cannot be opened
 */
export function giveLog(path: string, account: Account): number {
  const fd = openLog(path, isRootsAlone(dirname(path)) ? 0 : constants.O_NOFOLLOW);
  const file = fstatSync(fd);
  if (file.isFile() && file.nlink === 1 && file.uid === 0) fchownSync(fd, account.uid, account.gid);
  return fd;
}

function isRootsAlone(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0;
}
