// `pnpm test:sites`: whole PHP sites in a browser, then one line with the sum. Arguments go to vitest: `pnpm test:sites symfony`.
import { runLoud } from "./step.ts";
import { REPORTERS, clearCounts, collectRuns, summarize } from "./summary.ts";

clearCounts();
const suite = ["--root", "apps/interop", "--config", "sites/vitest.config.ts", ...REPORTERS];
const passed = runLoud("vitest", ["run", ...suite, ...process.argv.slice(2)]);
process.exitCode = summarize(collectRuns(), passed);
