import { readFileSync, readdirSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import { findProgram } from "./launcher.ts";

/** Beside the PATH: where distributions and Homebrew put php-fpm, since only root is expected to start it. */
const FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/opt/homebrew/sbin"];

/** `php-fpm` (Red Hat, Arch, Homebrew), `php-fpm8.2` (Debian), `php-fpm84` (Alpine). */
const NAME = /^php-fpm(\d+(?:\.\d+)?)?$/;

/** How to install php-fpm, by the names that os-release(5) gives for a distribution and its relatives. */
const INSTALL: ReadonlyMap<string, string> = new Map([
  ["debian", "apt-get install php-fpm"],
  ["ubuntu", "apt-get install php-fpm"],
  ["fedora", "dnf install php-fpm"],
  ["rhel", "dnf install php-fpm"],
  ["alpine", "apk add php84-fpm"],
  ["arch", "pacman -S php-fpm"],
  ["suse", "zypper install php8-fpm"],
  ["opensuse", "zypper install php8-fpm"],
]);

/**
 * The php-fpm to start: the given one, or that of this machine, `php-fpm` itself where there is one, else the newest version.
 *
 * @param wanted a name such as `php-fpm8.4`, or an absolute path
 * @throws `FCGI_ERR_CONFIG` with the command that installs one
 */
export function findPhpFpm(
  wanted: string | undefined,
  path: string | undefined = process.env["PATH"],
  folders: readonly string[] = FOLDERS,
): string {
  const searched = [...(path ?? "").split(delimiter), ...folders].filter((folder) => folder !== "");
  const names = wanted === undefined ? ["php-fpm", ...versionsIn(searched)] : [wanted];
  for (const name of names) {
    const program = isAbsolute(name) ? findProgram(basename(name), [dirname(name)]) : findProgram(name, searched);
    if (program !== undefined) return program;
  }
  throw missing(wanted ?? "php-fpm");
}

/** Names with a version, newest first. */
function versionsIn(folders: readonly string[]): string[] {
  const names = new Set(folders.flatMap(filesIn).filter((name) => NAME.test(name)));
  return [...names].toSorted((a, b) => version(b) - version(a));
}

/** `php-fpm8.2` is 802, `php-fpm84` is 804. */
function version(name: string): number {
  const [major = "", minor] = (NAME.exec(name)?.[1] ?? "").split(".");
  if (minor !== undefined) return Number(major) * 100 + Number(minor);
  return Number(major.slice(0, 1)) * 100 + Number(major.slice(1));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function missing(program: string): FastCGIError {
  const message = `${program} is not installed on this machine: run \`${installCommand()}\`, or point an upstream at a PHP-FPM that runs already.`;
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}

/** The command that installs php-fpm here, as far as we know the distribution. */
export function installCommand(osRelease: string = readOsRelease()): string {
  if (process.platform === "darwin") return "brew install php";
  const ids = /^ID=(.*)$/m.exec(osRelease)?.[1] ?? "";
  const relatives = /^ID_LIKE=(.*)$/m.exec(osRelease)?.[1] ?? "";
  for (const id of `${ids} ${relatives}`.replaceAll(/["']/g, "").split(/\s+/)) {
    const command = INSTALL.get(id);
    if (command !== undefined) return command;
  }
  return "apt-get install php-fpm";
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
