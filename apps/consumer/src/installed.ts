import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const workspace = join(import.meta.dirname, "../../..");

/**
 * Installs packages as a user gets them: built, packed, and installed from the tarballs into an empty
 * project. What is tested and measured so is what is published.
 *
 * @param names without the scope, in the order of their dependencies: the last one is built with all others
 * @param more what npm is to install beside them, such as `typescript@6.0.3`
 * @returns the project's folder
 */
export function installPackages(folder: string, names: readonly string[], more: readonly string[] = []): string {
  const project = join(folder, "installed");
  const tarballs = join(folder, "tarballs");
  mkdirSync(project, { recursive: true });
  mkdirSync(tarballs, { recursive: true });
  const filters = names.map((name) => `--filter=@x/${name}`);
  run("pnpm", ["exec", "turbo", "run", "build", ...filters, "--output-logs=errors-only", "--ui=stream"], workspace);
  for (const name of names) run("pnpm", ["pack", "--pack-destination", tarballs], join(workspace, "packages", name));
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "installed", private: true, version: "0.0.0" }));
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...files, ...more], project);
  return project;
}

/** Runs a command; what it has to say is of interest only when it fails. */
function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 * 1024 * 1024 });
}
