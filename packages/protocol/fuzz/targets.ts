import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Where a fuzz target is, and the inputs that every test run repeats. */
export interface FuzzTarget {
  readonly name: string;
  readonly file: string;
  readonly corpus: string;
}

/** All targets: the files of `targets/`, each of which exports `fuzz(data)`, a function that throws when something is wrong. */
export const targets: readonly FuzzTarget[] = readdirSync(join(import.meta.dirname, "targets"))
  .toSorted()
  .map((file) => {
    const name = basename(file, ".ts");
    return {
      name,
      file: join(import.meta.dirname, "targets", file),
      corpus: join(import.meta.dirname, "corpus", name),
    };
  });
