import { existsSync } from "node:fs";
import { join } from "node:path";

/** What a preset may ask about a folder. */
export interface FolderListing {
  /** Is there a file or folder of this name? Relative; `../x` looks beside the folder. */
  has(path: string): boolean;
}

/** A folder of this machine; one that is not there has nothing in it. */
export function folderOnDisk(folder: string): FolderListing {
  return { has: (path) => existsSync(join(folder, path)) };
}

/** A folder inside of another one. */
export function listingBelow(folder: FolderListing, name: string): FolderListing {
  return { has: (path) => folder.has(join(name, path)) };
}
