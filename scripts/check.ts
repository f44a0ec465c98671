// `pnpm check`: everything that can be known without running the tests.
import { runQuiet } from "./step.ts";

const turbo = (...tasks: string[]): string[] => ["run", ...tasks, "--output-logs=errors-only", "--ui=stream"];

const checks: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ["types of the scripts", "tsc", ["-p", "."]],
  ["types of the packages and apps", "turbo", turbo("typecheck")],
  ["lint, type-aware, no warnings", "oxlint", ["--type-aware", "--deny-warnings"]],
  ["format", "oxfmt", ["--check"]],
  ["who may depend on whom", "turbo", ["boundaries"]],
  ["every export documented", "typedoc", ["--logLevel", "Warn"]],
  ["nothing unused, nothing unlisted", "knip", ["--no-config-hints"]],
  ["ARCHITECTURE.md names files that exist", "node", ["scripts/architecture.ts"]],
  ["build, and the packages as they would be published", "turbo", turbo("build", "publint", "attw")],
  ["what each door weighs", "size-limit", ["--hide-passed"]],
];

/** Runs all checks and returns the names of those that failed. */
export function check(): string[] {
  return checks.filter(([name, command, args]) => !runQuiet(name, command, args)).map(([name]) => name);
}

if (import.meta.main) process.exitCode = check().length === 0 ? 0 : 1;
