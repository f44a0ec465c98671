// `pnpm test:nodes`: the suite of @x/protocol on the Nodes that it promises beside the workspace's own, the oldest and the newest.
// In CI `npm test` ends with it. npm keeps the programs in its cache: they are no dependency, since nobody else needs them.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { COUNTS_FILE } from "./counts.ts";
import type { Counts } from "./counts.ts";
import { root, runQuiet } from "./step.ts";
import { REPORTERS, readCounts } from "./summary.ts";
import type { Run } from "./summary.ts";

const VERSIONS = ["22.18.0", "26.10.0"];

const folder = "packages/protocol";
const suite = join(root, folder);
const vitest = join(root, "node_modules/vitest/vitest.mjs");

/** Brings a Node and gives the path of its program; undefined when the registry does not have it, or is not there. */
function findNode(version: string): string | undefined {
  const args = ["--yes", "--package", `node@${version}`, "--call", "command -v node && node --version"];
  const { status, stdout } = spawnSync("npx", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [program, found] = stdout?.trim().split("\n").slice(-2) ?? [];
  return status === 0 && found === `v${version}` ? program : undefined;
}

/** Runs the suite on each of them; what failed before it could count has one failure. */
export function testOnOtherNodes(): Run[] {
  return VERSIONS.map((version) => {
    const name = `${folder} on Node ${version}`;
    const node = findNode(version);
    if (node === undefined) console.log(`  FAIL  ${name}: npx could not get node@${version}`);
    const counts = node === undefined ? undefined : run(name, node);
    return {
      name,
      counts: counts ?? {
        passed: 0,
        failed: 1,
        failures: ["broke off before it could count"],
        unsteady: [],
        skipped: [],
      },
    };
  });
}

function run(name: string, node: string): Counts | undefined {
  rmSync(join(suite, COUNTS_FILE), { force: true });
  const passed = runQuiet(name, node, [vitest, "run", "--root", suite, ...REPORTERS]);
  try {
    const counts = readCounts(folder);
    return passed || counts.failed > 0 ? counts : undefined;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const runs = testOnOtherNodes();
  for (const { name, counts } of runs) console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = runs.every(({ counts }) => counts.failed === 0 && counts.passed > 0) ? 0 : 1;
}
