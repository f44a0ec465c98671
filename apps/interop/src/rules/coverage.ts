import type { Titles } from "./titles.ts";

/** The files that test each rule, by its id. */
export function coverageOf(titles: ReadonlyMap<string, Titles>): Map<string, string[]> {
  const coverage = new Map<string, string[]>();
  for (const [file, { ids }] of titles) {
    for (const id of ids) coverage.set(id, [...(coverage.get(id) ?? []), file]);
  }
  return coverage;
}

/** The package or app that a file belongs to. */
export function placeOf(file: string): string {
  return file.split("/")[1] ?? "";
}
