// A reporter for vitest, beside its own: leaves the counts of a suite in a file, each skipped test with its reason.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import type { Reporter, TestModule, Vitest } from "vitest/node";

import { COUNTS_FILE } from "./counts.ts";
import type { Counts } from "./counts.ts";

export default class CountsReporter implements Reporter {
  #root = "";

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts: Counts = { passed: 0, failed: errors.length, skipped: [] };
    for (const module of modules) {
      // A file that cannot be loaded has failed, although none of its tests ran.
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") counts.passed++;
        else if (result.state === "failed") counts.failed++;
        else
          counts.skipped.push(
            `${test.fullName}: ${result.state === "skipped" ? (result.note ?? "no reason given") : "did not run"}`,
          );
      }
    }
    const file = `${this.#root}/${COUNTS_FILE}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  }
}
