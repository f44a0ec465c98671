// One command of a check or a test run, started from the repository's root.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The repository's root folder. */
export const root: string = join(import.meta.dirname, "..");

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };

/** Runs a command with its output on the terminal; true when it ended with 0. */
export function runLoud(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: root, env, stdio: "inherit" }).status === 0;
}

/** Runs a command and prints one line, or all it said when it failed; true when it ended with 0. */
export function runQuiet(name: string, command: string, args: readonly string[]): boolean {
  const started = performance.now();
  const { status, output } = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status === 0) console.log(`  ok    ${name} (${seconds} s)`);
  else console.log(`  FAIL  ${name} (${seconds} s): ${command} ${args.join(" ")}\n${(output ?? []).join("")}`);
  return status === 0;
}
