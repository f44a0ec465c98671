import { spawnSync } from "node:child_process";
import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Begins the names of all run folders; the number of the process that owns one comes next. */
const PREFIX = "x-demo-";

/**
 * Makes the folder for all files of one run: sockets, and as root the staged copy. It is removed when this process exits.
 *
 * Folders of killed runs are removed on the way.
 */
export function makeRunFolder(): string {
  const asRoot = process.getuid?.() === 0;
  const base = asRoot ? openBase() : tmpdir();
  removeLeftovers(base);
  const folder = mkdtempSync(join(base, `${PREFIX}${process.pid}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  // As root the applications run as another user, who must get in.
  if (asRoot) chmodSync(folder, 0o755);
  return folder;
}

/** A temporary folder that every user can enter and where programs can be run; that of root may be closed to others. */
function openBase(): string {
  const bases = [tmpdir(), "/tmp", "/var/tmp", "/run"];
  const open = bases.find((base) => canEveryoneEnter(base) && !isNoexec(base));
  if (open === undefined) throw new Error(`None of ${bases.join(", ")} can be entered by every user.`);
  return open;
}

function canEveryoneEnter(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true || (stats.mode & 0o001) === 0) return false;
  return dirname(folder) === folder || canEveryoneEnter(dirname(folder));
}

/** Is it on a file system that is mounted with `noexec`? Where nothing tells, no. */
function isNoexec(folder: string): boolean {
  const { stdout } = spawnSync("findmnt", ["-n", "-o", "OPTIONS", "-T", folder], { encoding: "utf8" });
  return (stdout ?? "").trim().split(",").includes("noexec");
}

function removeLeftovers(base: string): void {
  for (const name of readdirSync(base)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-\\w+$`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = join(base, name);
    // In a folder where everybody can make files, only what is ours.
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true && stats.uid === process.getuid?.())
      rmSync(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
