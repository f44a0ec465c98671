import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * Adds to a corpus those of the found inputs that reach code which no input before them does, the smallest first.
 *
 * libFuzzer can do all of it (`-merge=1`), but only where it can start itself again, which it cannot under another loader. Its
 * inner half does: it runs the files of a control file one after the other and appends what is new of each.
 *
 * @param run runs the fuzzer with flags; true when all went well
 * @returns how many inputs are new
 */
export async function mergeCorpus(
  corpus: string,
  found: string,
  controlFile: string,
  run: (flags: readonly string[]) => Promise<boolean>,
): Promise<number | undefined> {
  const known = filesOf(corpus);
  const files = [...known, ...filesOf(found).toSorted((one, other) => statSync(one).size - statSync(other).size)];
  writeFileSync(controlFile, `${[files.length, known.length, ...files].join("\n")}\n`);
  if (!(await run(["-merge_inner=1", `-merge_control_file=${controlFile}`]))) return undefined;
  const reached = readFileSync(controlFile, "utf8").matchAll(/^COV (\d+) \d/gm);
  const chosen = [...reached].map((match) => Number(match[1])).filter((index) => index >= known.length);
  for (const index of chosen) {
    const file = files[index] as string;
    copyFileSync(file, join(corpus, basename(file)));
  }
  return chosen.length;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => join(folder, file));
}
