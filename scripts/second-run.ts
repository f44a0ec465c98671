// In CI, whose machines are busy and where nobody looks on, a file with a failed test runs once more, from its beginning:
// a test that left its surroundings in disorder would fail beside itself for ever. What passes then is named in the sum.
import { rmSync } from "node:fs";
import { join } from "node:path";

import { COUNTS_FILE, readCounts } from "./counts.ts";
import type { Counts } from "./counts.ts";
import { root } from "./step.ts";

/**
 * Runs the files of a suite that failed once more, in CI.
 *
 * @param first the suite's counts
 * @param run runs files of the suite, and leaves their counts in its folder
 * @returns the counts, those files' from their second run
 */
export function giveSecondRun(folder: string, first: Counts, run: (files: readonly string[]) => unknown): Counts {
  const files = Object.keys(first).filter((file) => file !== "" && first[file]?.failures.length !== 0);
  if (process.env["CI"] !== "true" || files.length === 0) return first;
  console.log(`\nOnce more: ${files.map((file) => join(folder, file)).join(", ")}`);
  rmSync(join(root, folder, COUNTS_FILE), { force: true });
  run(files);
  return mergeRuns(first, readCounts(folder) ?? {}, files);
}

/** The first run's counts, with those of the second for some files; what failed in the first and not in the second is unsteady. */
export function mergeRuns(first: Counts, second: Counts, files: readonly string[]): Counts {
  const merged = { ...first };
  for (const file of files) {
    const [before, after] = [first[file], second[file]];
    // It broke off: the first run stands.
    if (before === undefined || after === undefined) continue;
    const unsteady = after.failures.length > 0 ? after.unsteady : [...before.failures, ...before.unsteady];
    merged[file] = { ...after, unsteady };
  }
  // What belongs to no file can fail in the second run only.
  if (second[""] !== undefined && first[""] === undefined) merged[""] = second[""];
  return merged;
}
