import { availableParallelism } from "node:os";
import { join } from "node:path";

import { formatAddress, parseAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedAddress, ResolvedPhpFpmProcess } from "../config/resolved-config.ts";
import { requireAccess } from "./account-access.ts";
import { chooseAccount } from "./account.ts";
import { applicationEnvironment } from "./environment.ts";
import { launchCommand } from "./launcher.ts";
import { phpFpmConfig } from "./php-fpm-config.ts";
import { findPhpFpm } from "./php-fpm-program.ts";
import { rootsOf } from "./plan-context.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ProcessPlan } from "./process-plan.ts";
import { prepareSocketFolder } from "./socket-folder.ts";

/** A plan for a PHP-FPM of our own, and how many requests at once it takes: known because we start it. */
export interface PhpFpmPlan {
  readonly plan: ProcessPlan;
  readonly capacity: number;
}

const CONFIG_FILE = "php-fpm.conf";

/**
 * Plans a PHP-FPM of our own, and writes its configuration into a folder of its user.
 *
 * @param address where the upstream has it; undefined: on a socket in that folder
 * @throws `FCGI_ERR_CONFIG` when php-fpm is missing or its user cannot enter a document root
 */
export function planPhpFpm(
  wanted: ResolvedPhpFpmProcess,
  address: ResolvedAddress | undefined,
  context: PlanContext,
): PhpFpmPlan {
  const key = `processes.${wanted.name}`;
  const program = findPhpFpm(wanted.program, context.environment["PATH"]);
  const roots = rootsOf(wanted.upstream, context.config);
  const account = chooseAccount({ configured: wanted.user, root: roots[0] ?? context.config.root, key: `${key}.user` });
  const documents = roots.map((path) => ({ path, what: "the document root", right: "x" as const }));
  requireAccess(account, [...documents, { path: program, what: "the program", right: "x" }], context.setpriv);
  if (address !== undefined) prepareSocketFolder(address.address, account, context.setpriv);

  const environment = applicationEnvironment(context.environment, new Map(), account);
  const runFolder = context.runFolder();
  const folderName = runFolder.nameFor(wanted.name);
  const listen = address?.address ?? `unix:${join(runFolder.path, folderName, "php.sock")}`;
  const capacity = address?.capacity ?? defaultChildren();
  const config = phpFpmConfig({
    pool: wanted.name,
    listen: listenValue(listen, key),
    children: capacity,
    manager: address?.capacity === undefined ? "ondemand" : "static",
    bodyLimit: context.config.limits.body,
    environment: Object.keys(environment),
    ini: wanted.ini,
  });
  const folder = runFolder.addFolder(folderName, account, { [CONFIG_FILE]: config });
  const command = [program, "--nodaemonize", "--force-stderr", "--fpm-config", join(folder, CONFIG_FILE)];
  return {
    capacity,
    plan: {
      name: wanted.name,
      kind: "php-fpm",
      address: listen,
      account,
      launch: launchCommand(command, account, context.setpriv),
      cwd: roots[0] ?? "/",
      environment,
      terminate: "leader",
    },
  };
}

/** Each worker takes some 30 MB, and most of a PHP request is waiting for a database. */
function defaultChildren(): number {
  return Math.min(32, Math.max(4, 4 * availableParallelism()));
}

/** An address as php-fpm spells it: `/run/php.sock`, `127.0.0.1:9000`, `[::1]:9000`. */
function listenValue(address: string, key: string): string {
  const parsed = parseAddress(address);
  if (parsed.kind === "unix") return parsed.path;
  if (parsed.kind === "tcp") return formatAddress(parsed).slice("tcp://".length);
  throw problem(`${key}: php-fpm cannot listen on ${address}: give the upstream a unix: or tcp: address, or none.`);
}

function problem(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
