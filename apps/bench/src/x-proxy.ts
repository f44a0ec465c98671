import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { startProgram } from "interop/program";
import type { Program } from "interop/program";

const workspace = join(import.meta.dirname, "../../..");

/**
 * Installs the packages as a user gets them: built, packed, and installed from the tarballs into an
 * empty project. What is measured is what is published.
 *
 * @returns the command's file
 */
export function installProxy(folder: string): string {
  const project = join(folder, "installed");
  const tarballs = join(folder, "tarballs");
  mkdirSync(project, { recursive: true });
  mkdirSync(tarballs, { recursive: true });
  const quiet = { stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  const build = ["exec", "turbo", "run", "build", "--filter=@x/proxy", "--output-logs=errors-only", "--ui=stream"];
  execFileSync("pnpm", build, { cwd: workspace, ...quiet });
  for (const name of ["protocol", "client", "proxy"]) {
    execFileSync("pnpm", ["pack", "--pack-destination", tarballs], {
      cwd: join(workspace, "packages", name),
      ...quiet,
    });
  }
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "installed", private: true, version: "0.0.0" }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...files], { cwd: project, ...quiet });
  return join(project, "node_modules/@x/proxy/bin/x-proxy.cjs");
}

/** Starts x-proxy with a configuration. */
export function startProxy(
  command: string,
  folder: string,
  name: string,
  port: number,
  configuration: object,
): Promise<Program> {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ listen: [`127.0.0.1:${port}`], ...configuration }, undefined, 2));
  const environment = { ...process.env, NODE_ENV: "production" };
  const ready = { port, host: "127.0.0.1" };
  return startProgram(process.execPath, [command, "serve", "--config", file], ready, environment);
}
