// What a test run ends with: each suite's counts, what was skipped and why, and, last and alone on its line, the sum.
import { globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

import { COUNTS_FILE, readCounts } from "./counts.ts";
import type { Counts } from "./counts.ts";
import { root } from "./step.ts";

/**
 * Arguments of vitest: its own report, and the counts of each suite in a file.
 * In CI, whose machines are busy and where nobody looks on, a test that fails runs once more; what passes then is named.
 */
export const REPORTERS: readonly string[] = [
  "--reporter=default",
  `--reporter=${join(root, "scripts/vitest-counts.ts")}`,
  ...(process.env["CI"] === "true" ? ["--retry=1"] : []),
];

/** The folders of suites that have left their counts. */
function counted(): string[] {
  return globSync(`{packages,apps}/*/${COUNTS_FILE}`, { cwd: root })
    .map((file) => file.slice(0, -COUNTS_FILE.length - 1))
    .toSorted();
}

/** Removes the counts of earlier runs. */
export function clearCounts(): void {
  for (const folder of counted()) rmSync(join(root, folder, COUNTS_FILE));
}

/** What a suite came to. */
export interface Run {
  /** Its folder, and what else tells it from others. */
  name: string;
  counts: Counts;
}

/** The folders of all suites. */
export function findSuites(): string[] {
  return globSync("{packages,apps}/*/package.json", { cwd: root })
    .filter((file) => /"test":/.test(readFileSync(join(root, file), "utf8")))
    .map((file) => dirname(file));
}

/** All suites that ran since their counts were cleared. */
export function collectRuns(): Run[] {
  return counted().map((folder) => ({ name: folder, counts: readCounts(folder) ?? {} }));
}

/**
 * Prints the counts of suites, and their sum.
 *
 * @param others what else failed, each of them one failure: checks, suites that broke off before they could count
 * @returns the exit code
 */
export function summarize(runs: readonly Run[], others: readonly string[] = []): 0 | 1 {
  const sum = { passed: 0, failed: others.length, skipped: 0 };
  console.log("");
  for (const { name, counts } of runs) {
    const files = Object.values(counts);
    const passed = files.reduce((total, file) => total + file.passed, 0);
    const failures = files.flatMap((file) => file.failures);
    const skipped = files.flatMap((file) => file.skipped);
    sum.passed += passed;
    sum.failed += failures.length;
    sum.skipped += skipped.length;
    for (const test of failures) console.log(`failed: ${test}`);
    for (const test of files.flatMap((file) => file.unsteady)) console.log(`passed only when it ran again: ${test}`);
    for (const test of skipped) console.log(`skipped: ${test}`);
    console.log(`${name}: ${passed} passed, ${failures.length} failed, ${skipped.length} skipped`);
  }
  for (const name of others) console.log(`failed: ${name}`);
  if (sum.skipped > 0) console.log(`${sum.skipped} skipped, named above`);
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}
