import { existsSync } from "node:fs";

/**
 * Is a package there that has no program, told by one of its files? Where it is missing a user's machine skips its tests and says
 * so; CI, which installs it, fails.
 */
export function needsFiles(debianPackage: string, file: string): boolean {
  if (existsSync(file)) return true;
  if (process.env["CI"] === "true") throw new Error(`CI must have ${debianPackage}: there is no ${file}.`);
  console.warn(`Skipped, ${debianPackage} is not installed.`);
  return false;
}
