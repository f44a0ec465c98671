import { test } from "vitest";

import { loadPhpFpm } from "../src/behaviours/php-fpm-load.ts";

test.for([
  { what: "processes that stay", settings: [] },
  { what: "[f51] processes that end after five requests", settings: ["pm.max_requests = 5"] },
])("10,000 GET and 10,000 POST at concurrency 256 against eight processes: no error ($what)", async ({ settings }) => {
  await loadPhpFpm({ settings, children: 8, options: { capacity: 8 }, requests: 10_000, concurrency: 256 });
});
