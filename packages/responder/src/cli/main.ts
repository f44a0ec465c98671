/**
 * The command `x-responder`.
 *
 * @packageDocumentation
 */

import { subscribe } from "node:diagnostics_channel";
import { readFileSync, statSync, watch } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

import { FastCGIError, isFastCGIError } from "@x/protocol/errors";

import type { WorkerMessage } from "../diagnostics.ts";
import { logJson, logLine } from "../workers/json-log.ts";
import { serveModule } from "../workers/load-module.ts";
import { outliveReaders } from "../workers/outputs.ts";
import { supervise } from "../workers/supervisor.ts";
import type { Supervisor } from "../workers/supervisor.ts";
import { readArguments } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { USAGE } from "./usage.ts";

/** Files of one save come one after the other. */
const SETTLING = 100;
const VERBOSE: ReadonlySet<string> = new Set(["-v", "--verbose"]);

/**
 * Runs `x-responder` with the arguments after the program's name. Resolves when it serves. Sets `process.exitCode`: 1 when it
 * cannot run, 2 for a mistake.
 */
export async function main(argv: readonly string[]): Promise<void> {
  outliveReaders();
  try {
    const args = readArguments(argv);
    if (args === "help") say(USAGE);
    else if (args === "version") say(`${version()}\n`);
    else await run(args);
  } catch (error) {
    process.exitCode = isMistake(error) ? 2 : 1;
    complain(isFastCGIError(error) ? error.message : String((error as Error).stack));
    const { cause } = error as { cause?: unknown };
    if (argv.some((word) => VERBOSE.has(word)) && cause instanceof Error) process.stderr.write(`${cause.stack}\n`);
    // A module that cannot be served may have started something that would go on.
    process.stderr.write("", () => process.exit());
  }
}

async function run(args: Arguments): Promise<void> {
  const path = resolve(String(args.module));
  checkModule(path);
  // A web server that started us on its own socket is the supervisor.
  if (args.supervised) {
    await runWorkers(args, path);
    return;
  }
  if (args.log === "json") logJson();
  await (
    await serveModule(pathToFileURL(path).href, { grace: args.grace ?? 0, mount: args.mount ?? "keep" })
  ).ready;
}

function checkModule(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return;
  const fault = found === undefined ? `there is no file ${path}` : `${path} is no file`;
  throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `${fault}: name the module that exports the application.`);
}

async function runWorkers(args: Arguments, path: string): Promise<void> {
  subscribe("fastcgi:responder:worker", (message) => report(message as WorkerMessage, args));
  const supervisor = supervise(args);
  let stopping = false;
  const stop = (): void => {
    void (stopping ? supervisor.destroy() : supervisor.close()).then(() => process.exit(process.exitCode ?? 0));
    stopping = true;
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  process.on("SIGHUP", () => reload(supervisor, args));
  const address = await supervisor.ready;
  // Before it says that it serves: whoever reads that may change a file at once.
  if (args.watch) watchFolder(path, () => reload(supervisor, args));
  if (args.log === "json") logLine("info", "serving", { module: path, address });
  else say(`x-responder serves ${path} on ${address}\n`);
}

function reload(supervisor: Supervisor, { log }: Arguments): void {
  supervisor.reload().then(
    () => (log === "json" ? logLine("info", "reloaded", {}) : say("x-responder has replaced its workers\n")),
    (error: Error) => complain(`the old workers stay. ${error.message}`),
  );
}

function watchFolder(path: string, onChange: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  watch(dirname(path), { recursive: true }, (_event, name) => {
    const parts = name?.split(sep) ?? [];
    if (parts.some((part) => part === "node_modules" || part.startsWith("."))) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLING);
  });
}

function report({ event, pid, reason }: WorkerMessage, { log, verbose }: Arguments): void {
  if (log === "json") logLine(event === "fail" ? "error" : "info", `worker ${event}`, { worker: pid, reason });
  if (event === "fail") complain(reason ?? "");
  else if (event === "exit" && reason !== "0" && reason !== "2") complain(`worker ${pid} ended with ${reason}.`);
  else if (verbose && log === undefined)
    say(`x-responder: worker ${pid}: ${event}${reason === undefined ? "" : ` (${reason})`}\n`);
}

function isMistake(error: unknown): boolean {
  return (
    isFastCGIError(error, "FCGI_ERR_INVALID_ARGUMENT") ||
    isFastCGIError(error, "FCGI_ERR_BAD_ADDRESS") ||
    (isFastCGIError(error, "FCGI_ERR_LISTEN") && error.phase === "configure")
  );
}

function say(text: string): void {
  process.stdout.write(text);
}

function complain(message: string): void {
  process.stderr.write(`x-responder: ${message}\n`);
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
