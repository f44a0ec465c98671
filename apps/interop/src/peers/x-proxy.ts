import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "../free-port.ts";
import { startProgram } from "../program.ts";
import type { Program } from "../program.ts";

const command = join(dirname(fileURLToPath(import.meta.resolve("@x/proxy/package.json"))), "bin/x-proxy.cjs");

const alone = join(import.meta.dirname, "../applications/x-proxy-alone.ts");

export interface RunningProxy extends Program {
  url: string;
}

/** Starts `x-proxy serve` from the workspace's sources, as a user does. For `--php auto` no PHP-FPM runs on the machine. */
export async function startXProxy(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  wanted?: number,
): Promise<RunningProxy> {
  const port = wanted ?? (await freePort());
  const listen = `127.0.0.1:${port}`;
  const file = args.includes("auto") ? alone : command;
  const started = [file, "serve", ...args, "--listen", listen];
  const program = await startProgram(process.execPath, started, { port, host: "127.0.0.1" }, environment);
  return { ...program, url: `http://${listen}` };
}
