import { findProgram } from "./program.ts";

/**
 * Is the program there? Where it is missing a user's machine skips its tests and says so; CI, which
 * installs it, fails.
 */
export function needs(name: string, commands: readonly string[]): boolean {
  if (findProgram(commands) !== undefined) return true;
  if (process.env["CI"] === "true") throw new Error(`CI must have ${name}: none of ${commands.join(", ")} was found.`);
  console.warn(`Skipped, ${name} is not installed.`);
  return false;
}
