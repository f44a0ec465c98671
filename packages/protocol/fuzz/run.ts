// `pnpm fuzz [target …] [--seconds 60] [--merge]`: coverage-guided fuzzing of what reads bytes from strangers, with Jazzer.js.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { fuzzLauncher, MissingLibraries } from "./libraries.ts";
import type { Launcher } from "./libraries.ts";
import { mergeCorpus } from "./merge.ts";
import { targets as ofProtocol, targetsOf } from "./targets.ts";
import type { FuzzTarget } from "./targets.ts";

/** The proxy's are found by their folder: no package depends upwards. */
const targets = [...ofProtocol, ...targetsOf(join(import.meta.dirname, "../../proxy/fuzz"))];

const HELP = `Usage: pnpm fuzz [target ...] [--seconds 60] [--merge]

Targets: ${targets.map(({ name }) => name).join(", ")}; without a name, one after the other.

--seconds N  how long each of them runs
--merge      run nothing; add those of the inputs found so far to the corpus of their target that reach new code

A finding ends the run with exit code 1. Its input is kept in packages/protocol/fuzz/findings: put it into the
corpus of its target when the fault is repaired, so that every test run repeats it.
`;

/** Between runs: the bundles, the inputs found, the libraries. Never committed. */
const cache = join(import.meta.dirname, "..", "node_modules", ".cache", "fuzz");
const findings = join(import.meta.dirname, "findings");
const jazzer = fileURLToPath(import.meta.resolve("@jazzer.js/core/dist/cli.js"));

/** Ends the process: the user's mistake, or something that this machine lacks. */
function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}

function readArguments(): { chosen: readonly FuzzTarget[]; seconds: number; merge: boolean } {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: "string", default: "60" },
        merge: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    return refuse(`${(error as Error).message}\n\n${HELP}`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const seconds = Number(values.seconds);
  if (!Number.isSafeInteger(seconds) || seconds < 1)
    refuse(`--seconds takes a number of seconds, not ${values.seconds}.`);
  const unknown = positionals.find((name) => !targets.some((target) => target.name === name));
  if (unknown !== undefined) refuse(`There is no target ${unknown}.\n\n${HELP}`);
  const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { chosen, seconds, merge: values.merge };
}

/** One plain file, since the instrumentation reads no TypeScript. */
async function bundle({ name, file }: FuzzTarget): Promise<string> {
  const outfile = join(cache, "targets", `${name}.cjs`);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    sourcemap: "inline",
    logLevel: "warning",
  });
  return outfile;
}

/** Runs the fuzzer and gives all that it said, and how it ended. */
function runFuzzer(
  launcher: Launcher,
  script: string,
  folders: readonly string[],
  flags: readonly string[],
): Promise<{ output: string; code: number | null }> {
  // Instrumented by its name; the usual exclusion of node_modules would hit the folder that it is in.
  const jazzerArgs = [script, ...folders, "--sync", "-i", "fuzz/targets/", "-e", "nothing", "--", ...flags];
  const [command = "", ...args] = [...launcher, process.execPath, jazzer, ...jazzerArgs];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: cache, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-1_000_000);
      });
    }
    child.on("error", reject).on("close", (code) => resolve({ output, code }));
  });
}

/** The last number that follows `word` in the fuzzer's output. */
function told(output: string, word: RegExp): string {
  return [...output.matchAll(word)].at(-1)?.[1] ?? "0";
}

/** Fuzzes one target and prints one line of it, or all that is known of a finding; true when there was none. */
async function fuzzTarget(target: FuzzTarget, launcher: Launcher, seconds: number): Promise<boolean> {
  const script = await bundle(target);
  const found = join(cache, "corpus", target.name);
  mkdirSync(found, { recursive: true });
  // One for each target: they may run side by side.
  const kept = join(findings, target.name);
  mkdirSync(kept, { recursive: true });
  const { output, code } = await runFuzzer(
    launcher,
    script,
    [found, target.corpus],
    [
      `-max_total_time=${seconds}`,
      `-artifact_prefix=${join(kept, "/")}`,
      "-max_len=4096",
      "-timeout=10",
      "-rss_limit_mb=2048",
      "-print_final_stats=1",
    ],
  );
  const runs = Number(told(output, /^(?:Done |#)(\d+)\b/gm));
  const edges = told(output, /\bcov: (\d+)/g);
  const good = code === 0 && runs > 0;
  console.log(
    `${target.name}: ${runs.toLocaleString("en")} executions, ${edges} edges, ${good ? "no finding" : `FINDING (exit code ${code})`}`,
  );
  if (!good) {
    console.log(output.split("\n").slice(-60).join("\n"));
    for (const file of readdirSync(kept)) console.log(`Input: ${join(kept, file)}`);
  } else if (readdirSync(kept).length === 0) rmdirSync(kept);
  return good;
}

async function mergeTarget(target: FuzzTarget, launcher: Launcher): Promise<boolean> {
  const found = join(cache, "corpus", target.name);
  if (!existsSync(found)) refuse(`Nothing has been found for ${target.name} yet: run pnpm fuzz ${target.name} first.`);
  const script = await bundle(target);
  let said = "";
  const added = await mergeCorpus(target.corpus, found, join(cache, "merge"), async (flags) => {
    const { output, code } = await runFuzzer(launcher, script, [], flags);
    said = output;
    return code === 0;
  });
  if (added === undefined) console.log(said);
  else console.log(`${target.name}: ${added} inputs added, now ${readdirSync(target.corpus).length}`);
  return added !== undefined;
}

const { chosen, seconds, merge } = readArguments();
try {
  const launcher = fuzzLauncher(join(cache, "debian-13"));
  let failed = 0;
  for (const target of chosen) {
    const good = await (merge ? mergeTarget(target, launcher) : fuzzTarget(target, launcher, seconds));
    if (!good) failed++;
  }
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (error instanceof MissingLibraries) refuse(error.message);
  throw error;
}
