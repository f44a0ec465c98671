// Counts how often each piece of the package's code runs, by V8's precise coverage: the same number on every machine, however busy.
import { Session } from "node:inspector";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { countAllocations } from "./counting.ts";

interface Coverage {
  result: { url: string; functions: { ranges: { count: number }[] }[] }[];
}

const SOURCES = join(import.meta.dirname, "../src") + sep;

// From the beginning: a function that was compiled before has no counters within.
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/** How often the functions of `src`, and the blocks in them, have run since the last look. */
function takeRuns(): number {
  let coverage: Coverage | undefined;
  session.post("Profiler.takePreciseCoverage", (error, taken) => {
    if (error !== null) throw error;
    coverage = taken as unknown as Coverage;
  });
  let runs = 0;
  for (const { url, functions } of coverage?.result ?? []) {
    const path = url.startsWith("file:") ? fileURLToPath(url) : url;
    if (!path.startsWith(SOURCES)) continue;
    for (const { ranges } of functions) for (const { count } of ranges) runs += count;
  }
  return runs;
}

/** What an action costs: runs of functions and blocks, and bytes that were allocated or copied. */
export function countWork(action: () => void): number {
  takeRuns();
  const { bytes, moved } = countAllocations(action);
  return takeRuns() + bytes + moved;
}
