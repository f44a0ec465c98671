import { posix } from "node:path";

import type { FolderListing } from "../../src/presets/folder-listing.ts";

/** A folder with these files, and with the folders that they lie in; `../x` lies beside it. */
export function listing(files: readonly string[]): FolderListing {
  const names = new Set<string>();
  for (const file of files) {
    for (let path = posix.normalize(file); path !== "."; path = posix.dirname(path)) names.add(path);
  }
  return { has: (path) => names.has(posix.normalize(path).replace(/\/$/, "")) };
}
