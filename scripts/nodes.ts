// `pnpm test:nodes`: what depends on the Node, on those that the packages promise beside the workspace's own, the oldest and the newest:
// the suite of @x/protocol, and the comparison of @x/responder/node with node:http, whose inside changes from Node to Node.
// In CI `npm test` ends with it. npm keeps the programs in its cache: they are no dependency, since nobody else needs them.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { COUNTS_FILE, readCounts } from "./counts.ts";
import type { Counts } from "./counts.ts";
import { giveSecondRun } from "./second-run.ts";
import { root, runQuiet } from "./step.ts";
import { REPORTERS, summarize } from "./summary.ts";
import type { Run } from "./summary.ts";

const VERSIONS = ["22.18.0", "26.10.0"];

/** Folders of suites, and which of their files; none: all. */
const SUITES: readonly (readonly [folder: string, ...files: string[]])[] = [
  ["packages/protocol"],
  ["apps/interop", "test/node-http.test.ts"],
];

const vitest = join(root, "node_modules/vitest/vitest.mjs");

/** Brings a Node and gives the path of its program; undefined when the registry does not have it, or is not there. */
function findNode(version: string): string | undefined {
  const args = ["--yes", "--package", `node@${version}`, "--call", "command -v node && node --version"];
  const { status, stdout } = spawnSync("npx", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [program, found] = stdout?.trim().split("\n").slice(-2) ?? [];
  return status === 0 && found === `v${version}` ? program : undefined;
}

/** Runs the suites on each of them; what failed before it could count has one failure. */
export function testOnOtherNodes(): Run[] {
  return VERSIONS.flatMap((version) => {
    const node = findNode(version);
    if (node === undefined) console.log(`  FAIL  npx could not get node@${version}`);
    return SUITES.map(([folder, ...files]) => {
      const name = `${[folder, ...files].join("/")} on Node ${version}`;
      return { name, counts: (node === undefined ? undefined : run(name, node, folder, files)) ?? BROKEN };
    });
  });
}

const BROKEN: Counts = {
  "": { passed: 0, failures: ["broke off before it could count"], unsteady: [], skipped: [] },
};

function run(name: string, node: string, folder: string, files: readonly string[]): Counts | undefined {
  const suite = join(root, folder);
  const start = (which: readonly string[]): boolean =>
    runQuiet(name, node, [vitest, "run", "--root", suite, ...which, ...REPORTERS]);
  rmSync(join(suite, COUNTS_FILE), { force: true });
  start(files);
  const counts = readCounts(folder);
  return counts && giveSecondRun(folder, counts, start);
}

if (import.meta.main) process.exitCode = summarize(testOnOtherNodes());
