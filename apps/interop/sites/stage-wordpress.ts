import { cpSync } from "node:fs";
import { join } from "node:path";

import { giveToWebUser } from "./web-user.ts";

/** Where Debian has the program, with links to the libraries that it shares. */
export const WORDPRESS = "/usr/share/wordpress";

/** Debian's way to the configuration outside, and its rules for Apache. */
const LEFT_OUT = new Set([`${WORDPRESS}/wp-config.php`, `${WORDPRESS}/.htaccess`]);

/**
 * A WordPress as one unpacks it from its archive, not yet set up: links replaced by what they point to, and a plugin that keeps it from
 * asking the internet.
 *
 * @returns its document root
 */
export function stageWordPress(folder: string): string {
  const root = join(folder, "wordpress");
  cpSync(WORDPRESS, root, { recursive: true, dereference: true, filter: (source) => !LEFT_OUT.has(source) });
  cpSync(join(import.meta.dirname, "../fixtures/sites/wordpress"), root, { recursive: true });
  giveToWebUser(root);
  return root;
}
