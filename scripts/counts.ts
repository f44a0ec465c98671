// What one suite says about itself, for the sum that `npm test` ends with.

/** Where it says so, inside its own folder. */
export const COUNTS_FILE = ".vitest/counts.json";

/** The outcome of one suite. */
export interface Counts {
  passed: number;
  /** Tests, and files and errors outside of any test. */
  failed: number;
  /** Name and reason of each test that did not run. */
  skipped: string[];
}
