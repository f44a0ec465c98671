// `npm start`: prepares what the applications need on this machine, and runs x-proxy with `x.config.ts` in this process.
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";

import { main } from "@x/proxy/cli";

import { choosePhp } from "./choose-php.ts";
import type { PhpRuntime } from "./choose-php.ts";
import { exitOnSignal } from "./exit-on-signal.ts";
import { MistakeError } from "./mistake-error.ts";
import { readOptions } from "./options.ts";
import { place } from "./place.ts";
import { makeRunFolder } from "./run-folder.ts";
import { writeSetting } from "./setting.ts";

const CONFIG = fileURLToPath(import.meta.resolve("../x.config.ts"));

/** Makes everything that the configuration speaks of, and tells it by the environment. */
async function prepare(wanted: PhpRuntime, json: boolean): Promise<void> {
  const { phpFpm, reason } = choosePhp(wanted, process.env["PATH"] ?? "");
  const run = makeRunFolder();
  const places = await place(run, phpFpm === undefined);
  Object.assign(process.env, writeSetting({ ...places, run, token: randomUUID(), phpFpm }));
  console.log(json ? JSON.stringify({ event: "php", program: phpFpm ?? "wasm", message: reason }) : reason);
}

try {
  const { phpRuntime, rest, asks } = readOptions(process.argv.slice(2));
  if (!asks) {
    exitOnSignal();
    await prepare(phpRuntime, rest.includes("--json"));
    rest.unshift("serve", "--config", CONFIG);
  }
  await main(rest, { program: "npm start --" });
} catch (error) {
  if (!(error instanceof MistakeError)) throw error;
  console.error(`npm start: ${error.message}`);
  process.exitCode = 2;
}
