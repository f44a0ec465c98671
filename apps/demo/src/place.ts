import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Setting } from "./setting.ts";
import { stage } from "./stage.ts";

const folder = dirname(import.meta.dirname);
const site = join(folder, "site");
const nodeApplication = fileURLToPath(import.meta.resolve("./node-application/main.ts"));
const phpApplication = fileURLToPath(import.meta.resolve("./php-application/main.ts"));
/** Loaded by the PHP application only, and too special to be bundled. */
const packages = ["@php-wasm/node", "@php-wasm/universal"];

/** Where site and applications are: as they lie here, or as root, staged in the run folder. */
export async function place(
  run: string,
  webAssembly: boolean,
): Promise<Pick<Setting, "site" | "node" | "cwd" | "nodeApplication" | "phpApplication">> {
  if (process.getuid?.() !== 0) return { site, node: process.execPath, cwd: folder, nodeApplication, phpApplication };
  const staged = await stage({
    folder: run,
    site,
    applications: { node: nodeApplication, ...(webAssembly ? { php: phpApplication } : {}) },
    packages: webAssembly ? packages : [],
  });
  const { node = "", php = "" } = staged.applications;
  return { site: staged.site, node: staged.node, cwd: staged.cwd, nodeApplication: node, phpApplication: php };
}
