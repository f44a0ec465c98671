import { describe, test } from "vitest";

import { loadPhpFpm } from "../src/behaviours/php-fpm-load.ts";
import { needs } from "../src/needs.ts";

const spare = ["pm.start_servers = 1", "pm.min_spare_servers = 1", "pm.max_spare_servers = 2"];

describe.runIf(needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]))(
  "a pool in front of PHP-FPM",
  () => {
    test.for([
      { what: "static", settings: [], options: { capacity: 4 } },
      { what: "dynamic", settings: ["pm = dynamic", ...spare], options: { capacity: 4 } },
      { what: "ondemand", settings: ["pm = ondemand"], options: { capacity: 4 } },
      {
        what: "static, capacity read from its status page",
        settings: ["pm.status_path = /status"],
        options: { statusPath: "/status" },
      },
      { what: "static, capacity asked for by GET_VALUES", settings: [], options: { learn: true } },
    ])("[f51] processes that end after five requests: no error ($what)", async ({ settings, options }) => {
      await loadPhpFpm({
        settings: [...settings, "pm.max_requests = 5"],
        children: 4,
        options,
        requests: 100,
        concurrency: 16,
      });
    });
  },
);
