import { FastCGIError } from "@x/protocol/errors";

import { installCommand } from "../processes/php-packages.ts";
import { listPhp, phpVersion } from "../processes/php-program.ts";
import type { PhpProgram } from "../processes/php-program.ts";
import { findRunningFpm } from "./find-running-fpm.ts";
import type { RunningFpm } from "./find-running-fpm.ts";
import type { PhpSearch } from "./php-search.ts";

/** Which PHP runs the scripts: the one whose address was given, one that was found running, or one to be started. */
export type PhpChoice =
  | ({ readonly kind: "given" } & RunningFpm)
  | ({ readonly kind: "running"; readonly version: string | undefined } & RunningFpm)
  | {
      readonly kind: PhpProgram;
      /** Absolute path of the program. */
      readonly program: string;
      readonly version: string;
      /** Why it is not one that runs already: `no running PHP-FPM was found`. */
      readonly why: string;
    };

/**
 * Chooses the PHP for a document root: a PHP-FPM that runs and can see it, else php-fpm, else php-cgi as a process of our own.
 *
 * @throws `FCGI_ERR_CONFIG` when there is none, with one sentence that names the packages to install
 */
export async function choosePhp(root: string, search: PhpSearch = {}): Promise<PhpChoice> {
  const { found, passedOver } = await findRunningFpm(root, search);
  if (found !== undefined) return { kind: "running", version: versionOf(found), ...found };
  const why = passedOver.length === 0 ? "no running PHP-FPM was found" : passedOver.join("; ");
  const { path, folders } = search;
  const broken: string[] = [];
  for (const kind of ["php-fpm", "php-cgi"] as const) {
    const programs = listPhp(kind, { path, folders });
    for (const program of programs) {
      const version = phpVersion(kind, program);
      if (version !== undefined) {
        return { kind, program, version, why: kind === "php-fpm" ? why : `${why}, and ${noFpm(broken)}` };
      }
    }
    broken.push(...programs);
  }
  throw none({ why, isThere: passedOver.length > 0, broken, osRelease: search.osRelease });
}

/** By the name of the socket or of the pool file. */
function versionOf({ address, pool }: RunningFpm): string | undefined {
  const [, version] = /php[-/]?(\d\.\d+)/.exec(`${address} ${pool?.file ?? ""}`) ?? [];
  return version;
}

interface Absence {
  readonly why: string;
  readonly isThere: boolean;
  readonly broken: readonly string[];
  readonly osRelease: string | undefined;
}

function noFpm(broken: readonly string[]): string {
  return broken.length === 0 ? "php-fpm is not installed" : notRunning(broken);
}

function notRunning(programs: readonly string[]): string {
  return `${programs.join(" and ")} ${programs.length === 1 ? "does" : "do"} not run`;
}

/** @param absence `isThere`: a PHP-FPM runs that cannot be used, for the reasons in `why` */
function none({ why, isThere, broken, osRelease }: Absence): FastCGIError {
  const { command, distribution, sentence } = installCommand("php-fpm", osRelease);
  const cgi = installCommand("php-cgi", osRelease).command;
  const machine = distribution === undefined ? "" : `on ${distribution} `;
  const remedy = command === undefined ? `${sentence}, or php-cgi` : `${machine}${sentence} (or \`${cgi ?? ""}\`)`;
  const lacks = broken.length === 0 ? "neither php-fpm nor php-cgi is installed" : notRunning(broken);
  const first = isThere ? "change that, or " : "";
  const message = `--php auto found no PHP: ${why}, and ${lacks}: ${first}${remedy}, then start again.`;
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
