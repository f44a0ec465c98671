import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { installPackages } from "consumer/installed";
import { startProgram } from "interop/program";
import type { Program } from "interop/program";

/** Installs the proxy, and `more` packages beside it; returns the command's file. */
export function installProxy(folder: string, more: readonly string[] = []): string {
  return join(
    installPackages(folder, ["protocol", "client", "proxy", ...more]),
    "node_modules/@x/proxy/bin/x-proxy.cjs",
  );
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
