// `pnpm test:sites`: whole PHP sites in a browser, then one line with the sum. Arguments go to vitest: `pnpm test:sites symfony`.
import { readCounts } from "./counts.ts";
import { giveSecondRun } from "./second-run.ts";
import { runLoud } from "./step.ts";
import { REPORTERS, clearCounts, summarize } from "./summary.ts";

const folder = "apps/interop";
const run = (files: readonly string[]): boolean =>
  runLoud("vitest", ["run", "--root", folder, "--config", "sites/vitest.config.ts", ...REPORTERS, ...files]);

clearCounts();
run(process.argv.slice(2));
const first = readCounts(folder);
process.exitCode =
  first === undefined
    ? summarize([], ["the suite broke off before it could count: see above"])
    : summarize([{ name: folder, counts: giveSecondRun(folder, first, run) }]);
