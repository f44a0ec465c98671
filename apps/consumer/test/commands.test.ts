import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

const PACKAGES = join(import.meta.dirname, "../../../packages");
const NAMES = ["client", "proxy", "responder"] as const;

/**
 * They cannot share a file: each is published alone, and an old Node, which knows no `exports` and no syntax of today, must be able to
 * read what tells it so. So they are three copies.
 */
test("the three commands begin in the same way but for their names", () => {
  const [first, ...others] = NAMES.map((name) =>
    readFileSync(join(PACKAGES, name, "bin", `x-${name}.cjs`), "utf8")
      .replaceAll(`x-${name}`, "x-NAME")
      .replaceAll(`@x/${name}`, "@x/NAME"),
  );
  expect(first).toContain("@x/NAME/cli");
  for (const other of others) expect(other).toBe(first);
});
