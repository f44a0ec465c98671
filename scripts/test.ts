// `npm test`: the checks, then every suite, then one line with the sum.
// `pnpm test --filter @x/client`: arguments go to turbo, and the checks are left out.
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { check } from "./check.ts";
import { COUNTS_FILE } from "./counts.ts";
import type { Counts } from "./counts.ts";
import { root, runLoud } from "./step.ts";

/** The folders of suites that have left their counts. */
function counted(): string[] {
  return globSync(`{packages,apps}/*/${COUNTS_FILE}`, { cwd: root })
    .map((file) => file.slice(0, -COUNTS_FILE.length - 1))
    .toSorted();
}

for (const folder of counted()) rmSync(join(root, folder, COUNTS_FILE));
const filters = process.argv.slice(2);
const failedChecks = filters.length > 0 ? [] : check();

// One suite after the other: each of them uses all cores by itself.
const turbo = ["run", "test", "--continue", "--concurrency=1", "--ui=stream", "--log-prefix=none", ...filters];
const vitest = ["--reporter=default", `--reporter=${join(root, "scripts/vitest-counts.ts")}`];
const suitesPassed = runLoud("turbo", [...turbo, "--", ...vitest]);

const sum = { passed: 0, failed: failedChecks.length, skipped: 0 };
console.log("");
for (const folder of counted()) {
  const { passed, failed, skipped } = JSON.parse(readFileSync(join(root, folder, COUNTS_FILE), "utf8")) as Counts;
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped.length;
  for (const test of skipped) console.log(`skipped: ${test}`);
  console.log(`${folder}: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
}
for (const name of failedChecks) console.log(`check failed: ${name}`);
if (!suitesPassed && sum.failed === 0) {
  console.log("a suite broke off before it could count: see above");
  sum.failed = 1;
}
if (sum.skipped > 0) console.log(`${sum.skipped} skipped, named above`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
