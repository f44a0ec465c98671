// A reporter for vitest, beside its own: leaves the counts of a suite in a file, with the names of the tests that did not just pass.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";

import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";

import { COUNTS_FILE } from "./counts.ts";
import type { Counts, FileCounts } from "./counts.ts";

export default class CountsReporter implements Reporter {
  #root = "";

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const counts: Counts = {};
    for (const module of modules) counts[module.relativeModuleId] = countFile(module);
    for (const error of errors) {
      const file = this.#fileOf(error);
      (counts[file] ??= nothing()).failures.push(`${file} > outside of any test: ${firstWords(error)}`);
    }
    if (reason !== "passed" && Object.values(counts).every(({ failures }) => failures.length === 0))
      (counts[""] ??= nothing()).failures.push(`the run ${reason}, and no test says why`);
    const file = `${this.#root}/${COUNTS_FILE}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(counts));
  }

  /** The file in whose time an error came that no test caught; empty when vitest does not know. */
  #fileOf(error: unknown): string {
    const path = (error as { VITEST_TEST_PATH?: unknown } | null)?.VITEST_TEST_PATH;
    return typeof path === "string" ? relative(this.#root, path) : "";
  }
}

function nothing(): FileCounts {
  return { passed: 0, failures: [], unsteady: [], skipped: [] };
}

function countFile(module: TestModule): FileCounts {
  const counts = nothing();
  // A file that cannot be loaded has failed, although none of its tests ran.
  for (const error of module.errors()) counts.failures.push(`${module.relativeModuleId}: ${firstWords(error)}`);
  for (const test of module.children.allTests()) {
    const result = test.result();
    const name = `${module.relativeModuleId} > ${test.fullName}`;
    if (result.state === "passed") {
      counts.passed++;
      if (test.diagnostic()?.flaky === true) counts.unsteady.push(`${name}: ${firstWords(result.errors?.[0])}`);
    } else if (result.state === "failed") counts.failures.push(`${name}: ${firstWords(result.errors[0])}`);
    else
      counts.skipped.push(
        `${name}: ${result.state === "skipped" ? (result.note ?? "no reason given") : "did not run"}`,
      );
  }
  return counts;
}

/** What went wrong, in at most one line. */
function firstWords(error: unknown): string {
  const text =
    typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
  return text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";
}
