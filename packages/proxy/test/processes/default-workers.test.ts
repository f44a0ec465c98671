import { expect, test } from "vitest";

import { defaultWorkers } from "../../src/processes/default-workers.ts";

const GiB = 2 ** 30;

test.each([
  ["four a core", 2, 24 * GiB, 8, 4],
  ["one core", 1, 24 * GiB, 4, 2],
  ["at most 32", 64, 256 * GiB, 32, 16],
  ["half of the memory at 64 MiB each", 8, 1 * GiB, 8, 4],
  ["at least 2", 8, 0.1 * GiB, 2, 2],
])("%s", (_title, cores, memory, fpm, cgi) => {
  expect(defaultWorkers("php-fpm", cores, memory)).toBe(fpm);
  expect(defaultWorkers("php-cgi", cores, memory)).toBe(cgi);
});

test("of this machine", () => {
  expect(defaultWorkers("php-fpm")).toBeGreaterThanOrEqual(2);
});
