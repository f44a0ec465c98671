// pnpm differences: writes apps/interop/DIFFERENCES.md, and says what is wrong.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { compareAll } from "./compare-all.ts";
import { explainAll } from "./explain.ts";
import { sayDifference } from "./say-difference.ts";
import { canCompare, SERVERS } from "./servers.ts";
import { renderDifferences } from "./table.ts";

if (SERVERS.every(canCompare)) {
  const explained = explainAll(await compareAll(SERVERS));
  writeFileSync(join(import.meta.dirname, "../../DIFFERENCES.md"), renderDifferences(explained));
  for (const difference of explained.unexplained) console.error(sayDifference(difference));
  for (const { why } of explained.unused) console.error(`Explains nothing: ${why}`);
  if (explained.unexplained.length + explained.unused.length > 0) process.exitCode = 1;
} else {
  console.error("DIFFERENCES.md is about all of these servers: nothing was written.");
  process.exitCode = 1;
}
