import { commonDenied } from "./common-denied.ts";
import type { FolderListing } from "./folder-listing.ts";
import { listingBelow } from "./folder-listing.ts";
import type { Preset } from "./preset.ts";

/** Where composer projects keep the document root: drupal/recommended-project, Acquia. */
const ROOTS = ["web", "docroot", "."];

/** Kinds of files that its own `.htaccess` closes, in every folder. */
const SOURCES = [
  "engine",
  "inc",
  "install",
  "make",
  "module",
  "profile",
  "po",
  "sh",
  "sql",
  "theme",
  "twig",
  "xtmpl",
  "yml",
];

/** Drupal 7 and later. What its own `.htaccess` closes is closed: sources and settings, and scripts that are there to be included. */
export const drupal: Preset = {
  name: "drupal",
  title: "Drupal",
  detects: (folder) => ROOTS.some((root) => isDrupal(listingBelow(folder, root))),
  site(folder) {
    const documentRoot = ROOTS.find((root) => isDrupal(listingBelow(folder, root))) ?? ".";
    return {
      documentRoot,
      frontController: "/index.php",
      index: ["index.php", "index.html"],
      deny: [
        ...SOURCES.map((extension) => `*.${extension}`),
        "*.tpl.php",
        "/autoload.php",
        "/{sites,modules,profiles,themes,libraries}/**/*.php",
        "/core/{assets,config,includes,lib,misc,profiles,scripts,tests,themes}/**/*.php",
        "/sites/*/private/*",
        "/vendor/*",
        ...commonDenied(listingBelow(folder, documentRoot)),
      ],
      links: [],
      params: {},
    };
  },
};

/** The first is there since version 8. */
function isDrupal(root: FolderListing): boolean {
  return root.has("core/lib/Drupal.php") || root.has("includes/bootstrap.inc");
}
