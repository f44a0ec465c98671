// What one suite says about itself, for the sum that `npm test` ends with.

/** Where it says so, inside its own folder. */
export const COUNTS_FILE = ".vitest/counts.json";

/** The outcome of one suite. */
export interface Counts {
  passed: number;
  /** Tests, and files and errors outside of any test. */
  failed: number;
  /** Name and first words of the error of each of those. */
  failures: string[];
  /** Name and first error of each test that passed only when it ran again. */
  unsteady: string[];
  /** Name and reason of each test that did not run. */
  skipped: string[];
}
