import { statSync } from "node:fs";

import { foldersAbove } from "../folders-above.ts";

/**
 * The first folder on the way to a file that its permissions close to all users but its owner and its group; undefined when there
 * is none, as far as we can see.
 */
export function closedFolder(path: string): string | undefined {
  return foldersAbove(path).find(isClosed);
}

function isClosed(folder: string): boolean {
  try {
    return (statSync(folder).mode & 0o001) === 0;
  } catch {
    return false;
  }
}
