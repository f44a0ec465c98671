import { readFileSync } from "node:fs";

import type { PhpProgram } from "./php-program.ts";

/** How one of the programs is installed on a machine. */
export interface InstallCommand {
  /** What to type, such as `apt-get install php-fpm`; undefined when the distribution is not known. */
  readonly command: string | undefined;
  /** The distribution as it calls itself, such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly distribution: string | undefined;
  /** Reads on from a colon: ``run `apt-get install php-fpm` ``. */
  readonly sentence: string;
}

interface Packages {
  readonly install: string;
  readonly "php-fpm": string;
  readonly "php-cgi": string;
}

const DEBIAN: Packages = { install: "apt-get install", "php-fpm": "php-fpm", "php-cgi": "php-cgi" };
/** `php-cgi` is in the package of the command line. */
const RED_HAT: Packages = { install: "dnf install", "php-fpm": "php-fpm", "php-cgi": "php-cli" };
const SUSE: Packages = { install: "zypper install", "php-fpm": "php8-fpm", "php-cgi": "php8-fastcgi" };

/** By the names that os-release(5) gives a distribution and its relatives. */
const PACKAGES: ReadonlyMap<string, Packages> = new Map([
  ["debian", DEBIAN],
  ["ubuntu", DEBIAN],
  ["fedora", RED_HAT],
  ["rhel", RED_HAT],
  ["centos", RED_HAT],
  ["alpine", { install: "apk add", "php-fpm": "php84-fpm", "php-cgi": "php84-cgi" }],
  ["arch", { install: "pacman -S", "php-fpm": "php-fpm", "php-cgi": "php-cgi" }],
  ["suse", SUSE],
  ["opensuse", SUSE],
]);

const MAC_OS: Packages = { install: "brew install", "php-fpm": "php", "php-cgi": "php" };

/**
 * How to install php-fpm or php-cgi here, as far as we know the distribution.
 *
 * @param osRelease the text of `/etc/os-release`
 */
export function installCommand(program: PhpProgram, osRelease: string = readOsRelease()): InstallCommand {
  const packages = process.platform === "darwin" ? MAC_OS : packagesOf(osRelease);
  const distribution = process.platform === "darwin" ? "macOS" : valueOf(osRelease, "PRETTY_NAME");
  if (packages === undefined)
    return { command: undefined, distribution, sentence: `install the package ${program} of your distribution` };
  const command = `${packages.install} ${packages[program]}`;
  return { command, distribution, sentence: `run \`${command}\`` };
}

function packagesOf(osRelease: string): Packages | undefined {
  const names = `${valueOf(osRelease, "ID") ?? ""} ${valueOf(osRelease, "ID_LIKE") ?? ""}`;
  for (const name of names.split(/\s+/)) {
    const packages = PACKAGES.get(name);
    if (packages !== undefined) return packages;
  }
  return undefined;
}

function valueOf(osRelease: string, key: string): string | undefined {
  const value = new RegExp(`^${key}=(.*)$`, "m").exec(osRelease)?.[1]?.replaceAll(/["']/g, "").trim();
  return value === "" ? undefined : value;
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}
