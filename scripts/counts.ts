// What one suite says about itself, for the sum that `npm test` ends with.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./step.ts";

/** Where it says so, inside its own folder. */
export const COUNTS_FILE = ".vitest/counts.json";

/** The outcome of one file of tests. */
export interface FileCounts {
  passed: number;
  /** Name and first words of the error of each test that failed, and of each error outside of any test. */
  failures: string[];
  /** Name and first error of each test that passed only when it ran again. */
  unsteady: string[];
  /** Name and reason of each test that did not run. */
  skipped: string[];
}

/** The outcome of one suite, by file. What belongs to no file stands under the empty name. */
export type Counts = Record<string, FileCounts>;

/** The counts that a suite has left in its folder; undefined when it broke off before it could. */
export function readCounts(folder: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(join(root, folder, COUNTS_FILE), "utf8")) as Counts;
  } catch {
    return undefined;
  }
}
