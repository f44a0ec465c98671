import { spawnSync } from "node:child_process";

import { findProgram } from "./program.ts";

/**
 * Is the program there? Where it is missing a user's machine skips its tests and says so; CI, which
 * installs it, fails.
 */
export function needs(name: string, commands: readonly string[]): boolean {
  return isThere(name, findProgram(commands) !== undefined, commands);
}

/** As {@link needs}, for what has no program of its own: a library that a language must find, a file. The command succeeds where it is there. */
export function needsThat(name: string, command: string, args: readonly string[]): boolean {
  return isThere(name, spawnSync(command, args, { stdio: "ignore" }).status === 0, [[command, ...args].join(" ")]);
}

function isThere(name: string, found: boolean, commands: readonly string[]): boolean {
  if (found) return true;
  if (process.env["CI"] === "true") throw new Error(`CI must have ${name}: none of ${commands.join(", ")} was found.`);
  console.warn(`Skipped, ${name} is not installed.`);
  return false;
}
