import { commonDenied } from "./common-denied.ts";
import { listingBelow } from "./folder-listing.ts";
import type { Preset } from "./preset.ts";

/**
 * Laravel, given by its project folder or by `public` in it; nothing else of the project is for the world, but for the uploads in
 * `storage/app/public`, to which `artisan storage:link` makes a link.
 */
export const laravel: Preset = {
  name: "laravel",
  title: "Laravel",
  detects: (folder) =>
    (folder.has("artisan") && folder.has("public/index.php")) || (folder.has("../artisan") && folder.has("index.php")),
  site(folder) {
    const isProject = folder.has("public/index.php");
    const documentRoot = isProject ? "public" : ".";
    return {
      documentRoot,
      frontController: "/index.php",
      index: ["index.php", "index.html"],
      deny: ["/storage/**/*.php", ...commonDenied(listingBelow(folder, documentRoot))],
      links: [isProject ? "storage/app/public" : "../storage/app/public"],
      params: {},
    };
  },
};
