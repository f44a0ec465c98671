import { join } from "node:path";

import type { ResolvedPhpProcess } from "../config/resolved-config.ts";
import type { ResolvedAddress } from "../config/upstream-config.ts";
import { requireAccess } from "./account-access.ts";
import { chooseAccount } from "./account.ts";
import type { Account } from "./account.ts";
import { defaultWorkers } from "./default-workers.ts";
import { applicationEnvironment } from "./environment.ts";
import { findPhp } from "./php-program.ts";
import { rootsOf } from "./plan-context.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ProcessPlan } from "./process-plan.ts";
import type { RunFolder } from "./run-folder.ts";
import { prepareSocketFolder } from "./socket-folder.ts";

/** A plan for a PHP of our own, and how many requests at once it takes: known because we start it. */
export interface PhpPlan {
  readonly plan: ProcessPlan;
  readonly capacity: number;
}

/** What plans of php-fpm and of php-cgi have in common. */
export interface PhpGround {
  /** For messages: `processes.php`. */
  readonly key: string;
  /** Absolute path of the program. */
  readonly program: string;
  readonly account: Account | undefined;
  readonly environment: Record<string, string>;
  /** Where it will listen, as an address text: as configured, else on a socket in its folder. */
  readonly listen: string;
  /** Workers. */
  readonly capacity: number;
  readonly cwd: string;
  readonly runFolder: RunFolder;
  /** Name of its folder in the run folder, still to be made. */
  readonly folderName: string;
}

/**
 * Decides about a PHP of our own what does not depend on the program: user, workers, place of the socket.
 *
 * @param address where the upstream has it; undefined: on a socket in a folder of its user
 * @throws `FCGI_ERR_CONFIG` when the program is missing or its user cannot enter a document root
 */
export function preparePhp(
  wanted: ResolvedPhpProcess,
  address: ResolvedAddress | undefined,
  context: PlanContext,
): PhpGround {
  const key = `processes.${wanted.name}`;
  const program = findPhp(wanted.kind, { wanted: wanted.program, path: context.environment["PATH"] ?? "" });
  const roots = rootsOf(wanted.upstream, context.config);
  const account = chooseAccount({ configured: wanted.user, root: roots[0] ?? context.config.root, key: `${key}.user` });
  const documents = roots.map((path) => ({ path, what: "the document root", right: "x" as const }));
  requireAccess(account, [...documents, { path: program, what: "the program", right: "x" }], context.setpriv);
  if (address !== undefined) prepareSocketFolder(address.address, account, context.setpriv, context.client);
  const runFolder = context.runFolder();
  const folderName = runFolder.nameFor(wanted.name);
  return {
    key,
    program,
    account,
    environment: applicationEnvironment(context.environment, new Map(), account),
    listen: address?.address ?? `unix:${join(runFolder.path, folderName, "php.sock")}`,
    capacity: capacityOf(wanted, address, context) ?? defaultWorkers(wanted.kind),
    cwd: roots[0] ?? "/",
    runFolder,
    folderName,
  };
}

/** How many workers the configuration asks for, if it says. */
export function capacityOf(
  wanted: ResolvedPhpProcess,
  address: ResolvedAddress | undefined,
  context: PlanContext,
): number | undefined {
  return address === undefined ? context.config.upstreams.get(wanted.upstream)?.capacity : address.capacity;
}
