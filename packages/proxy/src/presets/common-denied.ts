import type { FolderListing } from "./folder-listing.ts";

/**
 * What no site of any kind is there to show, beside what is never served anyway (dot files, and what editors leave behind): lists of
 * its packages, which tell an attacker the versions, and scripts of its libraries, which are there to be included.
 */
export function commonDenied(documentRoot: FolderListing): string[] {
  const scripts = documentRoot.has("vendor/autoload.php") ? ["/vendor/**/*.php"] : [];
  return [...PACKAGE_FILES, ...scripts];
}

const PACKAGE_FILES: readonly string[] = [
  "/composer.json",
  "/composer.lock",
  "/package.json",
  "/package-lock.json",
  "/yarn.lock",
  "/pnpm-lock.yaml",
  "/web.config",
];
