import { spawnSync } from "node:child_process";
import { basename, delimiter, dirname, isAbsolute } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import { namesIn } from "../names-in.ts";
import { findProgram } from "./launcher.ts";
import { installCommand } from "./php-packages.ts";

/** The two programs that run PHP behind FastCGI. */
export type PhpProgram = "php-fpm" | "php-cgi";

/** Beside the PATH: where distributions and Homebrew put php-fpm, since only root is expected to start it. */
const FOLDERS: readonly string[] = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/sbin",
  "/usr/bin",
  "/opt/homebrew/sbin",
  "/opt/homebrew/bin",
];

/** `php-fpm` (Red Hat, Arch, Homebrew), `php-fpm8.2` (Debian), `php-fpm84` (Alpine); the same for php-cgi. */
const VERSIONED = /^(php-(?:fpm|cgi))(\d+(?:\.\d+)?)?$/;

/** The php-fpm or php-cgi to start. */
export interface PhpProgramChoice {
  /** A name such as `php-fpm8.4`, or an absolute path; undefined: the program itself where there is one, else its newest version. */
  readonly wanted?: string | undefined;
  /** @default the PATH of this process */
  readonly path?: string | undefined;
  /** Searched after the PATH. @default those of distributions and of Homebrew */
  readonly folders?: readonly string[] | undefined;
}

/** All programs of that kind on this machine, the one to be taken first. */
export function listPhp(program: PhpProgram, choice: PhpProgramChoice = {}): string[] {
  const { wanted, path = process.env["PATH"] ?? "", folders = FOLDERS } = choice;
  const searched = [...path.split(delimiter), ...folders].filter((folder) => folder !== "");
  const names = wanted === undefined ? [program, ...versionsIn(program, searched)] : [wanted];
  const found = names.map((name) =>
    isAbsolute(name) ? findProgram(basename(name), [dirname(name)]) : findProgram(name, searched),
  );
  return [...new Set(found.filter((file) => file !== undefined))];
}

/**
 * The php-fpm or php-cgi to start.
 *
 * @throws `FCGI_ERR_CONFIG` with the command that installs one
 */
export function findPhp(program: PhpProgram, choice: PhpProgramChoice = {}): string {
  const [first] = listPhp(program, choice);
  if (first !== undefined) return first;
  const message = `${choice.wanted ?? program} is not installed on this machine: ${installCommand(program).sentence}, or point an upstream at a PHP-FPM that runs already.`;
  throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}

/** `8.2.7` from `PHP 8.2.7 (fpm-fcgi) …`; undefined when the program does not run or is something else. */
export function phpVersion(program: PhpProgram, file: string): string | undefined {
  const { stdout } = spawnSync(file, ["-v"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 5_000 });
  const [, version, kind] = /^PHP (\d+\.\d+\.\d+)\S* \(([\w-]+)\)/m.exec(stdout ?? "") ?? [];
  return kind === (program === "php-fpm" ? "fpm-fcgi" : "cgi-fcgi") ? version : undefined;
}

/** Names with a version, newest first. */
function versionsIn(program: PhpProgram, folders: readonly string[]): string[] {
  const names = new Set(folders.flatMap(namesIn).filter((name) => VERSIONED.exec(name)?.[1] === program));
  return [...names].filter((name) => name !== program).toSorted((a, b) => versionOfName(b) - versionOfName(a));
}

/** `php-fpm8.2` is 802, `php-fpm84` is 804. */
function versionOfName(name: string): number {
  const [major = "", minor] = (VERSIONED.exec(name)?.[2] ?? "").split(".");
  if (minor !== undefined) return Number(major) * 100 + Number(minor);
  return Number(major.slice(0, 1)) * 100 + Number(major.slice(1));
}
