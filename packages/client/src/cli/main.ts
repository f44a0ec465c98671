/**
 * The command `x-client`.
 *
 * @packageDocumentation
 */

import { readFileSync } from "node:fs";

import { isFastCGIError } from "@x/protocol/errors";

import { readArguments } from "./arguments.ts";
import { usageOf } from "./command.ts";
import { COMMANDS, GENERAL_FLAGS, generalUsage } from "./commands.ts";
import { nearest } from "./nearest.ts";
import { printable } from "./printable.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Runs `x-client` with the arguments after the program's name. Sets `process.exitCode`: 1 when the
 * application failed or cannot be reached, 2 for a mistake on the command line.
 */
export async function main(argv: readonly string[]): Promise<void> {
  if (process.stdout.listenerCount("error") === 0) process.stdout.on("error", onOutputError);
  // What cannot be told is no reason to end in another way.
  if (process.stderr.listenerCount("error") === 0) process.stderr.on("error", () => {});
  try {
    await runCommand(argv);
  } catch (error) {
    process.exitCode = isMistake(error) ? 2 : 1;
    process.stderr.write(`x-client: ${explain(error)}\n`);
  }
}

async function runCommand(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = argv;
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (name === undefined || command === undefined) return runWithoutCommand(argv);
  const args = readArguments(rest, command.flags);
  if (args.has("help")) process.stdout.write(usageOf(name, command));
  else await command.run(args, `x-client/${version()}`);
}

/** Whoever reads our output may stop before its end (`| head`): that is no failure of ours. */
function onOutputError(error: NodeJS.ErrnoException): void {
  process.exit(error.code === "EPIPE" ? 0 : 1);
}

function runWithoutCommand(argv: readonly string[]): void {
  const [name] = argv;
  if (name !== undefined && !name.startsWith("-")) {
    const names = Object.keys(COMMANDS);
    const like = nearest(name, names);
    const all = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
    const hint = like === undefined ? `there are ${all}` : `did you mean ${like}?`;
    throw new UsageError(`There is no command ${name}; ${hint}${like === undefined ? "." : ""}`);
  }
  const args = readArguments(argv, GENERAL_FLAGS);
  if (args.has("help")) process.stdout.write(generalUsage());
  else if (args.has("version")) process.stdout.write(`${version()}\n`);
  else throw new UsageError("What shall it do? x-client --help has examples.");
}

function isMistake(error: unknown): boolean {
  return error instanceof UsageError || isFastCGIError(error, "FCGI_ERR_BAD_ADDRESS");
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!isFastCGIError(error)) return error.message;
  const said =
    error.stderr === undefined || error.stderr === "" ? "" : `\nIts stderr: ${printable(error.stderr.trimEnd())}`;
  return `${error.message} [${error.code}]${said}`;
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
