import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

const command = join(dirname(fileURLToPath(import.meta.resolve("@x/proxy/package.json"))), "bin/x-proxy.cjs");

export interface RunningProxy extends Program {
  url: string;
}

/** Starts `x-proxy serve` from the workspace's sources, as a user does. */
export async function startXProxy(args: readonly string[]): Promise<RunningProxy> {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const program = await startProgram(process.execPath, [command, "serve", ...args, "--listen", listen], {
    port,
    host: "127.0.0.1",
  });
  return { ...program, url: `http://${listen}` };
}
