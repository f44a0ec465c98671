import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Where a fuzz target is, and the inputs that every test run repeats. */
export interface FuzzTarget {
  readonly name: string;
  readonly file: string;
  readonly corpus: string;
}

/** The targets of a package: the files of its `fuzz/targets/`, each of which exports `fuzz(data)`, a function that throws when something is wrong. */
export function targetsOf(fuzzFolder: string): readonly FuzzTarget[] {
  return readdirSync(join(fuzzFolder, "targets"))
    .toSorted()
    .map((file) => {
      const name = basename(file, ".ts");
      return { name, file: join(fuzzFolder, "targets", file), corpus: join(fuzzFolder, "corpus", name) };
    });
}

/** Those of this package. */
export const targets: readonly FuzzTarget[] = targetsOf(import.meta.dirname);
