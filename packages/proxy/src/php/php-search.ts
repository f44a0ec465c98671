import { globSync } from "node:fs";

/** Where PHP is looked for; what is left out is where distributions put it. */
export interface PhpSearch {
  /** Addresses of PHP-FPMs that may run, in the order in which they are tried; UNIX ones may have `*` in them. */
  readonly running?: readonly string[] | undefined;
  /** Pool files of PHP-FPM, with `*` in them. */
  readonly poolFiles?: readonly string[] | undefined;
  /** @default the PATH of this process */
  readonly path?: string | undefined;
  /** Folders of programs, searched after the PATH. */
  readonly folders?: readonly string[] | undefined;
  /** The text of os-release(5), for what to install. @default that of this machine */
  readonly osRelease?: string | undefined;
}

/** Debian and Ubuntu; Red Hat and Arch; FreeBSD and others; Homebrew; Alpine, openSUSE and containers, which listen on TCP. */
const RUNNING: readonly string[] = [
  "unix:/run/php/php*-fpm.sock",
  "unix:/run/php-fpm/www.sock",
  "unix:/run/php-fpm/php-fpm.sock",
  "unix:/var/run/php/php*-fpm.sock",
  "unix:/var/run/php-fpm/www.sock",
  "unix:/var/run/php-fpm.sock",
  "unix:/opt/homebrew/var/run/php*-fpm.sock",
  "unix:/usr/local/var/run/php*-fpm.sock",
  "tcp://127.0.0.1:9000",
];

/** In the same order; the last one is that of the official container image. */
const POOL_FILES: readonly string[] = [
  "/etc/php/*/fpm/pool.d/*.conf",
  "/etc/php-fpm.d/*.conf",
  "/etc/php/php-fpm.d/*.conf",
  "/etc/php[0-9]*/php-fpm.d/*.conf",
  "/etc/php[0-9]*/fpm/php-fpm.d/*.conf",
  "/opt/homebrew/etc/php/*/php-fpm.d/*.conf",
  "/usr/local/etc/php/*/php-fpm.d/*.conf",
  "/usr/local/etc/php-fpm.d/*.conf",
];

/** The addresses at which a PHP-FPM may run here, those with the newest version first. */
export function runningAddresses({ running = RUNNING }: PhpSearch): string[] {
  const addresses = running.flatMap((address) => {
    if (!address.startsWith("unix:") || !address.includes("*")) return [address];
    return newestFirst(globSync(address.slice("unix:".length))).map((path) => `unix:${path}`);
  });
  return [...new Set(addresses)];
}

/** The pool files of this machine, those of the newest version first. */
export function poolFiles({ poolFiles: patterns = POOL_FILES }: PhpSearch): string[] {
  return patterns.flatMap((pattern) => newestFirst(globSync(pattern)));
}

function newestFirst(paths: readonly string[]): string[] {
  return paths.toSorted((a, b) => versionIn(b) - versionIn(a) || (a < b ? -1 : 1));
}

/** `/run/php/php8.10-fpm.sock` is 810, a path without version 0. */
function versionIn(path: string): number {
  const [, major, minor] = /(\d)\.(\d+)/.exec(path) ?? [];
  return major === undefined ? 0 : Number(major) * 100 + Number(minor);
}
