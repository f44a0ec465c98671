import { commonDenied } from "./common-denied.ts";
import type { FolderListing } from "./folder-listing.ts";
import { listingBelow } from "./folder-listing.ts";
import type { Preset } from "./preset.ts";

/** Any of these beside `public` makes it a Symfony project. */
const MARKS = ["symfony.lock", "bin/console", "config/bundles.php", "src/Kernel.php"];

/** Symfony, given by its project folder or by `public` in it; nothing else of the project is for the world. */
export const symfony: Preset = {
  name: "symfony",
  title: "Symfony",
  detects: (folder) =>
    (folder.has("public/index.php") && hasMark(folder)) ||
    (folder.has("index.php") && hasMark(listingBelow(folder, ".."))),
  site(folder) {
    const documentRoot = folder.has("public/index.php") ? "public" : ".";
    return {
      documentRoot,
      frontController: "/index.php",
      index: ["index.php", "index.html"],
      deny: ["/bundles/**/*.php", ...commonDenied(listingBelow(folder, documentRoot))],
      links: [],
      params: {},
    };
  },
};

function hasMark(project: FolderListing): boolean {
  return MARKS.some((mark) => project.has(mark));
}
