import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that every user may enter, since PHP-FPM and nginx drop to a user of their own; removed by `remove`. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "x-interop-"));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A copy of the fixture site, readable for every user wherever the repository lies. */
export function copySite(folder: string): string {
  const site = join(folder, "site");
  cpSync(join(import.meta.dirname, "../fixtures/site"), site, { recursive: true });
  return site;
}

/** The user that x-proxy, started as root, runs applications as when the document root is root's. */
const WEB_USER = "www-data";

/** A folder in `parent` in which applications started by x-proxy may make their sockets. */
export function socketFolder(parent: string): string {
  const folder = join(parent, "run");
  mkdirSync(folder);
  if (process.getuid?.() === 0) execFileSync("chown", [WEB_USER, folder]);
  return folder;
}
