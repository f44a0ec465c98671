import { existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, resolve } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedCommandProcess } from "../config/resolved-config.ts";
import { requireAccess } from "./account-access.ts";
import type { Needed } from "./account-access.ts";
import { chooseAccount } from "./account.ts";
import { applicationEnvironment } from "./environment.ts";
import { findProgram, launchCommand } from "./launcher.ts";
import { rootsOf } from "./plan-context.ts";
import type { PlanContext } from "./plan-context.ts";
import type { ProcessPlan } from "./process-plan.ts";
import { isOther, prepareSocketFolder } from "./socket-folder.ts";

/**
 * Plans a program that listens by itself on the address of its upstream.
 *
 * @param address the address that it is expected to listen on
 * @throws `FCGI_ERR_CONFIG` when the program is missing or its user cannot reach what it needs
 */
export function planCommand(
  wanted: ResolvedCommandProcess,
  address: string | undefined,
  context: PlanContext,
): ProcessPlan {
  const key = `processes.${wanted.name}`;
  if (address === undefined)
    throw problem(`${key}: the upstream ${wanted.upstream} needs an address, on which the program listens.`);
  const [root = context.config.root] = rootsOf(wanted.upstream, context.config);
  const account = chooseAccount({ configured: wanted.user, root, key: `${key}.user` });
  const environment = applicationEnvironment(context.environment, wanted.environment, account);
  const [name = "", ...args] = wanted.command;
  const program = locate(name, wanted.cwd, environment["PATH"]);
  if (program === undefined)
    throw problem(`${key}.command: there is no program ${JSON.stringify(name)}: install it, or write its whole path.`);
  if (statSync(wanted.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw problem(`${key}.cwd: there is no folder ${wanted.cwd}.`);
  }
  const needed: Needed[] = [
    { path: program, what: "the program", right: "x" },
    { path: wanted.cwd, what: "the working folder", right: "x" },
    ...scripts(args, wanted.cwd),
  ];
  requireAccess(account, needed, context.setpriv);
  prepareSocketFolder(address, account, context.setpriv, context.client);
  return {
    name: wanted.name,
    kind: "command",
    address,
    account,
    launch: launchCommand([program, ...args], account, context.setpriv),
    cwd: wanted.cwd,
    environment,
    startTimeout: wanted.startTimeout,
    terminate: "group",
    groupMayConnect: isOther(context.client, account),
  };
}

function locate(name: string, cwd: string, path: string | undefined): string | undefined {
  if (name.includes("/")) {
    const program = resolve(cwd, name);
    return existsSync(program) ? program : undefined;
  }
  return findProgram(name, (path ?? "").split(delimiter));
}

/** Arguments that are files, such as the script of an interpreter. */
function scripts(args: readonly string[], cwd: string): Needed[] {
  return args
    .filter((arg) => isAbsolute(arg) || /^\.{0,2}\/|^[^-].*\.\w+$/.test(arg))
    .map((arg) => resolve(cwd, arg))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => ({ path, what: "the program", right: "r" as const }));
}

function problem(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
}
