import { execFileSync } from "node:child_process";

/** Makes a folder the property of the user that PHP runs as: as root Debian's web user, else whoever we are. */
export function giveToWebUser(folder: string): void {
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", "www-data:www-data", folder]);
}
