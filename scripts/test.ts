// `npm test`: the checks, then every suite, then one line with the sum.
// `pnpm test --filter @x/client`: arguments go to turbo, and the checks are left out.
import { check } from "./check.ts";
import { runLoud } from "./step.ts";
import { REPORTERS, clearCounts, summarize } from "./summary.ts";

clearCounts();
const filters = process.argv.slice(2);
const failedChecks = filters.length > 0 ? [] : check();

// One suite after the other: each of them uses all cores by itself.
const turbo = ["run", "test", "--continue", "--concurrency=1", "--ui=stream", "--log-prefix=none", ...filters];
process.exitCode = summarize(runLoud("turbo", [...turbo, "--", ...REPORTERS]), failedChecks);
