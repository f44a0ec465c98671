import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const workspace = join(import.meta.dirname, "../../..");

/**
 * Installs packages as a user gets them: built, packed, and installed from the tarballs into an empty
 * project. What is measured is what is published.
 *
 * @param names without the scope, in the order of their dependencies: the last one is built with all others
 * @returns the project's folder
 */
export function installPackages(folder: string, names: readonly string[]): string {
  const project = join(folder, "installed");
  const tarballs = join(folder, "tarballs");
  mkdirSync(project, { recursive: true });
  mkdirSync(tarballs, { recursive: true });
  const quiet = { stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  const filter = `--filter=@x/${names.at(-1)}`;
  const build = ["exec", "turbo", "run", "build", filter, "--output-logs=errors-only", "--ui=stream"];
  execFileSync("pnpm", build, { cwd: workspace, ...quiet });
  for (const name of names) {
    execFileSync("pnpm", ["pack", "--pack-destination", tarballs], {
      cwd: join(workspace, "packages", name),
      ...quiet,
    });
  }
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "installed", private: true, version: "0.0.0" }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...files], { cwd: project, ...quiet });
  return project;
}
