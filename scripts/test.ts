// `npm test`: the checks, then every suite, in CI one of them on further Nodes, then one line with the sum.
// `pnpm test --filter @x/client`: arguments go to turbo, and the checks are left out.
import { check } from "./check.ts";
import { testOnOtherNodes } from "./nodes.ts";
import { runLoud } from "./step.ts";
import { REPORTERS, clearCounts, collectRuns, summarize } from "./summary.ts";

clearCounts();
const filters = process.argv.slice(2);
const failedChecks = filters.length > 0 ? [] : check();

// One suite after the other: each of them uses all cores by itself.
const turbo = ["run", "test", "--continue", "--concurrency=1", "--ui=stream", "--log-prefix=none", ...filters];
const suitesPassed = runLoud("turbo", [...turbo, "--", ...REPORTERS]);
const runs = collectRuns();
if (filters.length === 0) {
  if (process.env["CI"] === "true") runs.push(...testOnOtherNodes());
  else console.log("\non one Node; `pnpm test:nodes` adds those that CI tests too");
}
process.exitCode = summarize(runs, suitesPassed, failedChecks);
