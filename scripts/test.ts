// `npm test`: the checks, then every suite, then one line with the sum.
// `pnpm test --filter @x/client`: arguments go to turbo, and the checks are left out.
import { globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

import { check } from "./check.ts";
import { root, runLoud } from "./step.ts";

/** Where each suite writes its counts, inside its own folder. */
const REPORT = ".vitest/report.json";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { status: string }[];
  }[];
}

const filters = process.argv.slice(2);
const reports = globSync(`{packages,apps}/*/${REPORT}`, { cwd: root });
for (const report of reports) rmSync(join(root, report));

const failedChecks = filters.length > 0 ? [] : check();

// One suite after the other: each of them uses all cores by itself.
const turbo = [
  "run",
  "test",
  "interop",
  "--continue",
  "--concurrency=1",
  "--ui=stream",
  "--log-prefix=none",
  ...filters,
];
const vitest = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
const suitesPassed = runLoud("turbo", [...turbo, "--", ...vitest]);

let passed = 0;
let failed = failedChecks.length;
let skipped = 0;
console.log("");
for (const file of globSync(`{packages,apps}/*/${REPORT}`, { cwd: root }).toSorted()) {
  const report = JSON.parse(readFileSync(join(root, file), "utf8")) as Report;
  // A test file that could not even be loaded has failed too, although none of its tests ran.
  const broken = report.testResults.filter(
    (result) => result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"),
  ).length;
  passed += report.numPassedTests;
  failed += report.numFailedTests + broken;
  skipped += report.numPendingTests;
  console.log(
    `${dirname(dirname(file))}: ${report.numPassedTests} passed, ${report.numFailedTests + broken} failed, ${report.numPendingTests} skipped`,
  );
}
for (const name of failedChecks) console.log(`check failed: ${name}`);
if (!suitesPassed && failed === 0) {
  console.log("a suite ended with an error that its report does not show: see above");
  failed = 1;
}
if (skipped > 0) console.log(`${skipped} skipped, each with its reason above`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
