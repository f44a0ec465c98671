import { commonDenied } from "./common-denied.ts";
import type { FolderListing } from "./folder-listing.ts";
import { listingBelow } from "./folder-listing.ts";
import type { Preset } from "./preset.ts";

/** Folders in which projects of many frameworks keep what the world may see. */
const PUBLIC_FOLDERS = ["public", "web", "webroot"];

/**
 * Every other site. A folder with a `composer.json` and without an index of its own, but with one in `public`, `web` or `webroot`, is a
 * project: only that folder is for the world.
 */
export const plain: Preset = {
  name: "plain",
  title: "plain PHP",
  detects: () => true,
  site(folder) {
    const documentRoot = publicFolder(folder) ?? ".";
    const root = listingBelow(folder, documentRoot);
    return {
      documentRoot,
      frontController: "/index.php",
      index: ["index.php", "index.html"],
      deny: commonDenied(root),
      links: [],
      params: {},
    };
  },
};

function publicFolder(folder: FolderListing): string | undefined {
  if (!folder.has("composer.json") || folder.has("index.php") || folder.has("index.html")) return undefined;
  return PUBLIC_FOLDERS.find((name) => folder.has(`${name}/index.php`));
}
