/**
 * The command `x-proxy`.
 *
 * @packageDocumentation
 */

import type { PhpSearch } from "../php/php-search.ts";
import { version } from "../version.ts";
import { drain, restore, status } from "./administer.ts";
import { type Arguments, parseArguments } from "./arguments.ts";
import { check } from "./check.ts";
import { escapeControls } from "./escape.ts";
import { expand } from "./expand.ts";
import { explain } from "./explain.ts";
import { describeFailure } from "./failure.ts";
import type { Program } from "./failure.ts";
import { init } from "./init.ts";
import { Log } from "./log.ts";
import { Output } from "./output.ts";
import { serve } from "./serve.ts";
import { helpText } from "./usage.ts";

export { runWorker } from "./worker.ts";

/** How the program was started. */
export interface MainOptions {
  /** What the user typed to start it, for the hints in messages, such as `npm start --`. @default "x-proxy" */
  program?: string;
  /** Where `--php auto` looks for PHP. @default where distributions put it */
  search?: PhpSearch;
}

/** Milliseconds that the last lines get to be read. */
const LAST_LINES = 1_000;

/**
 * Runs `x-proxy`. Resolves when it has ended; `process.exitCode` says how: 0 as told, 1 it could not run, 2 a mistake of the
 * user's.
 *
 * @param argv the arguments behind the program's name
 */
export async function main(argv: string[], options: MainOptions = {}): Promise<void> {
  const program: Program = { name: options.program ?? "x-proxy", serve: options.program ?? "x-proxy serve" };
  const out = new Output(1);
  const err = new Output(2);
  const json = argv.includes("--json");
  try {
    await run(argv, program, new Log({ out, err, json }), out, options.search ?? {});
    process.exitCode = 0;
  } catch (error) {
    const { exitCode, message, code } = describeFailure(error, program);
    process.exitCode = exitCode;
    if (json) err.line(JSON.stringify({ level: "error", code, message }));
    else for (const line of message.split("\n")) err.line(`x-proxy: ${escapeControls(line)}`);
  } finally {
    await Promise.all([out.close(LAST_LINES), err.close(LAST_LINES)]);
  }
}

/** Commands that print something and end. */
const commands = {
  check,
  expand,
  explain,
  init: async (args: Arguments): Promise<string[]> => init(args),
  status,
  drain,
  restore,
} as const;

async function run(argv: readonly string[], program: Program, log: Log, out: Output, search: PhpSearch): Promise<void> {
  const args = parseArguments(argv, `${program.name} --help`);
  if (args.command === "help") out.line(helpText(program.name).trimEnd());
  else if (args.command === "version") out.line(version());
  else if (args.command === "serve") await serve(args, log, program, search, out);
  else for (const line of await commands[args.command](args, search, (text) => out.line(text))) out.line(line);
}
