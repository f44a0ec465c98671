// `npm test`: the checks, then every suite, in CI one of them on further Nodes, then one line with the sum.
// `pnpm test --filter @x/client`: arguments go to turbo, and the checks are left out.
import { check } from "./check.ts";
import { testOnOtherNodes } from "./nodes.ts";
import { giveSecondRun } from "./second-run.ts";
import { runLoud } from "./step.ts";
import { REPORTERS, clearCounts, collectRuns, findSuites, summarize } from "./summary.ts";
import type { Run } from "./summary.ts";

clearCounts();
const filters = process.argv.slice(2);
const failed = filters.length > 0 ? [] : check().map((name) => `check: ${name}`);

// One suite after the other: each of them uses all cores by itself.
const turbo = ["run", "test", "--continue", "--concurrency=1", "--ui=stream", "--log-prefix=none", ...filters];
const passed = runLoud("turbo", [...turbo, "--", ...REPORTERS]);
const first = collectRuns();
const failures = first.flatMap(({ counts }) => Object.values(counts).flatMap((file) => file.failures));
if (!passed && failures.length === 0) failed.push("a suite ended badly: see above");
if (filters.length === 0)
  for (const folder of findSuites())
    if (!first.some(({ name }) => name === folder)) failed.push(`${folder} broke off before it could count: see above`);

const runs = first.map(({ name, counts }): Run => {
  const again = (files: readonly string[]): unknown =>
    runLoud("vitest", ["run", "--root", name, ...files, ...REPORTERS]);
  return { name, counts: giveSecondRun(name, counts, again) };
});
if (filters.length === 0) {
  if (process.env["CI"] === "true") runs.push(...testOnOtherNodes());
  else console.log("\non one Node; `pnpm test:nodes` adds those that CI tests too");
}
process.exitCode = summarize(runs, failed);
