// pnpm rules: writes apps/interop/RULES.md, and says what is wrong.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { findProblems } from "./judge.ts";
import { readRules } from "./rule.ts";
import { renderTable } from "./table.ts";
import { readTitles } from "./titles.ts";

const rules = readRules();
const titles = readTitles();
writeFileSync(join(import.meta.dirname, "../../RULES.md"), renderTable(rules, titles));
const problems = findProblems(rules, titles);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
