import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { giveToWebUser } from "./web-user.ts";

/** Where Debian has them. */
export const PHPMYADMIN = "/usr/share/phpmyadmin";
export const ADMINER = "/usr/share/adminer/adminer.php";

/**
 * phpMyAdmin and Adminer: copies, with a configuration that knows one database server.
 *
 * @returns the folder of both, `phpmyadmin` and `adminer`
 */
export function stageDatabaseSites(folder: string, socket: string): string {
  const root = join(folder, "sites");
  const data = join(folder, "phpmyadmin-data");
  const filter = (source: string): boolean => !/^\/usr\/share\/phpmyadmin\/(?:doc|locale)(?:\/|$)/.test(source);
  cpSync(PHPMYADMIN, join(root, "phpmyadmin"), { recursive: true, dereference: true, filter });
  mkdirSync(join(root, "phpmyadmin/locale"));
  const vendor = join(root, "phpmyadmin/libraries/vendor_config.php");
  const text = readFileSync(vendor, "utf8")
    .replace("/etc/phpmyadmin/config.inc.php", join(data, "config.inc.php"))
    .replace("/var/lib/phpmyadmin/tmp/", `${join(data, "tmp")}/`);
  writeFileSync(vendor, text);
  mkdirSync(join(data, "tmp"), { recursive: true });
  writeFileSync(
    join(data, "config.inc.php"),
    `<?php
$cfg['blowfish_secret'] = 'only for this test, of 32 bytes!';
$cfg['Servers'][1] = ['auth_type' => 'cookie', 'host' => 'localhost', 'socket' => '${socket}'];
$cfg['SendErrorReports'] = 'never';
`,
  );
  mkdirSync(join(root, "adminer"));
  cpSync(ADMINER, join(root, "adminer/adminer.php"), { dereference: true });
  giveToWebUser(root);
  giveToWebUser(data);
  return root;
}
