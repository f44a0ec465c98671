import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes the folder for spool files, 0700 and ours, in a folder that others may write to as well. A folder of that name which
 * somebody else has put there is never used: then ours gets a name that nobody can know beforehand.
 *
 * Files have their name only for a moment; what a program that was killed in that moment has left is removed here.
 *
 * @returns its path
 * @throws the system's error when it cannot be made
 */
export function makeSpoolFolder(parent: string): string {
  mkdirSync(parent, { recursive: true });
  const usual = join(parent, `x-proxy-spool-${process.getuid?.() ?? 0}`);
  try {
    mkdirSync(usual, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  if (!isOurs(usual)) return mkdtempSync(join(parent, "x-proxy-spool-"));
  clear(usual);
  return usual;
}

/** Removes the folder, unless another program of this user has a file in it at this moment. */
export function removeSpoolFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Whoever uses it removes it, and the next one uses it again.
  }
}

function isOurs(folder: string): boolean {
  const found = lstatSync(folder);
  if (!found.isDirectory()) return false;
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o077) === 0);
}

function clear(folder: string): void {
  for (const name of readdirSync(folder)) {
    try {
      // The file of a program that is just about to do the same itself: it does not miss the name.
      unlinkSync(join(folder, name));
    } catch {
      // It did.
    }
  }
}
