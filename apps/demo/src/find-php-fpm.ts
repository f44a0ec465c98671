import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";

/** `php-fpm` (Red Hat, Arch, Homebrew), `php-fpm8.2` (Debian), `php-fpm84` (Alpine). */
const NAME = /^php-fpm(\d+(?:\.\d+)?)?$/;

/**
 * The php-fpm programs of this machine: `php-fpm` itself first, then the newest.
 *
 * Looked for in the folders of the PATH and in the `sbin` beside each `bin`: distributions put php-fpm there, since they
 * expect that only root starts it, and the PATH of other users lacks it.
 */
export function findPhpFpm(path: string): string[] {
  const folders = new Set<string>();
  for (const folder of path.split(delimiter).filter((folder) => folder !== "")) {
    folders.add(folder);
    if (basename(folder) === "bin") folders.add(join(dirname(folder), "sbin"));
  }
  return [...folders]
    .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
    .filter(isProgram)
    .toSorted((a, b) => age(a) - age(b));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => NAME.test(name));
  } catch {
    return [];
  }
}

/** Smaller is newer; a name without version is what the machine's owner wants to be used. */
function age(program: string): number {
  const version = NAME.exec(basename(program))?.[1];
  if (version === undefined) return -Infinity;
  const [major = "", minor = major.slice(1)] = version.split(".");
  return -(Number(major.slice(0, 1)) * 100 + Number(minor));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
