// A reporter for vitest, beside its own: leaves the counts of a suite in a file, with the names of the tests that did not just pass.
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
    const counts: Counts = { passed: 0, failed: 0, failures: [], unsteady: [], skipped: [] };
    const fail = (name: string, error: unknown): void => {
      counts.failed++;
      counts.failures.push(`${name}: ${firstWords(error)}`);
    };
    for (const error of errors) fail("outside of any test", error);
    for (const module of modules) {
      // A file that cannot be loaded has failed, although none of its tests ran.
      for (const error of module.errors()) fail(module.relativeModuleId, error);
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (result.state === "passed") {
          counts.passed++;
          if (test.diagnostic()?.flaky === true) counts.unsteady.push(`${name}: ${firstWords(result.errors?.[0])}`);
        } else if (result.state === "failed") fail(name, result.errors[0]);
        else
          counts.skipped.push(
            `${name}: ${result.state === "skipped" ? (result.note ?? "no reason given") : "did not run"}`,
          );
      }
    }
    const file = `${this.#root}/${COUNTS_FILE}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  }
}

/** What went wrong, in at most one line. */
function firstWords(error: unknown): string {
  const text =
    typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
  return text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";
}
