// A map with a street that is gone is worse than none: every file that ARCHITECTURE.md names exists.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "./step.ts";

const files = globSync("{packages,apps,scripts}/**/*.ts", { cwd: root, exclude: (name) => name === "node_modules" });
const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const named = new Set([...map.matchAll(/`([\w/.-]+\.ts)`/g)].map((match) => `/${match[1]}`));
const gone = [...named].filter((name) => !files.some((file) => `/${file}`.endsWith(name)));
for (const name of gone) console.error(`ARCHITECTURE.md names ${name.slice(1)}, which does not exist`);
process.exitCode = gone.length === 0 ? 0 : 1;
