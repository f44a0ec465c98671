import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { giveToWebUser } from "./web-user.ts";

/** Where Debian has the program, with links to its plugins and its configuration. */
export const DOKUWIKI = "/usr/share/dokuwiki";
const CONFIGURATION = "/etc/dokuwiki";

/** What `users.auth.php` of the fixture knows: a member of the group `admin`. */
export const USER = { name: "tester", password: "correct horse" } as const;

/** Debian's way to the configuration outside, the accounts of this machine, and a plugin that only root may read. */
const LEFT_OUT = new Set([
  `${DOKUWIKI}/inc/preload.php`,
  `${DOKUWIKI}/install.php`,
  `${DOKUWIKI}/lib/plugins/testing`,
  `${CONFIGURATION}/acl.auth.php`,
  `${CONFIGURATION}/users.auth.php`,
  `${CONFIGURATION}/local.php`,
]);

/** The folders that DokuWiki writes into. */
const DATA = ["attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages", "tmp"];

/**
 * A DokuWiki as one unpacks it from its archive: links replaced by what they point to, configuration and data inside.
 *
 * @returns its document root
 */
export function stageDokuWiki(folder: string): string {
  const root = join(folder, "dokuwiki");
  // Eighty languages are three quarters of its files.
  const filter = (source: string): boolean => !LEFT_OUT.has(source) && !/\/lang\/(?!en$|en\/)/.test(source);
  cpSync(DOKUWIKI, root, { recursive: true, dereference: true, filter });
  cpSync(CONFIGURATION, join(root, "conf"), { recursive: true, dereference: true, filter });
  cpSync(join(import.meta.dirname, "../fixtures/sites/dokuwiki"), root, { recursive: true });
  for (const name of DATA) mkdirSync(join(root, "data", name), { recursive: true });
  cpSync(join(root, "lib/tpl/dokuwiki/images/logo.png"), join(root, "data/media/wiki/logo.png"));
  giveToWebUser(root);
  return root;
}
