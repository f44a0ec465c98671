import { parseArgs } from "node:util";

import { FastCGIError } from "@x/protocol/errors";

import { isCgi } from "../inherited.ts";
import type { SupervisorOptions } from "../workers/supervisor.ts";

/** What the command line asks for. */
export interface Arguments extends SupervisorOptions {
  /** Was anything said that takes a supervisor? */
  readonly supervised: boolean;
  readonly watch: boolean;
  readonly verbose: boolean;
}

const OPTIONS = {
  listen: { type: "string" },
  mode: { type: "string" },
  group: { type: "string" },
  workers: { type: "string" },
  "max-requests": { type: "string" },
  "max-memory": { type: "string" },
  "max-lag": { type: "string" },
  grace: { type: "string" },
  mount: { type: "string" },
  log: { type: "string" },
  watch: { type: "boolean" },
  verbose: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

const SUPERVISED = ["listen", "workers", "max-requests", "max-memory", "max-lag", "watch"] as const;

/**
 * Reads the command line.
 *
 * @returns `help` and `version` when that is all that is asked for
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT`, in one sentence
 */
export function readArguments(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Arguments | "help" | "version" {
  const { values, positionals } = parse(isCgi(environment) ? withoutQueryWords(argv) : argv);
  if (values.help === true) return "help";
  if (values.version === true) return "version";
  const [module, ...more] = positionals;
  if (module === undefined)
    throw mistake("say which module to serve, such as x-responder app.js --listen unix:/run/app.sock.");
  if (more.length > 0) throw mistake(`one module at a time, so ${more[0]} is too many.`);
  const { listen, group, mount = "keep", log } = values;
  if (mount !== "keep" && mount !== "strip") throw mistake(`--mount is keep or strip, not ${mount}.`);
  if (log !== undefined && log !== "json") throw mistake(`--log is json, not ${log}.`);
  return {
    module,
    ...(listen === undefined ? {} : { listen }),
    ...(values.mode === undefined ? {} : { mode: octal(values.mode) }),
    ...(group === undefined ? {} : { group }),
    workers: number("workers", values.workers, 1, 1),
    maxRequests: number("max-requests", values["max-requests"], 0, 0),
    maxMemory: number("max-memory", values["max-memory"], 0, 0) * 1_048_576,
    maxLag: number("max-lag", values["max-lag"], 0, 0),
    grace: number("grace", values.grace, 0, 30) * 1_000,
    mount,
    ...(log === undefined ? {} : { log }),
    allowAbstract: true, // whoever writes unix:@name here means it
    supervised: SUPERVISED.some((name) => values[name] !== undefined),
    watch: values.watch ?? false,
    verbose: values.verbose ?? false,
  };
}

/**
 * A web server that starts a CGI program appends the words of a query without `=` (RFC 3875 §4.4), so whoever writes the URL
 * writes arguments (CVE-2012-1823). What is behind the module is not ours.
 */
function withoutQueryWords(argv: readonly string[]): readonly string[] {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const module = tokens.find(({ kind }) => kind === "positional");
  return module === undefined ? argv : argv.slice(0, module.index + 1);
}

function parse(
  argv: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split(". To specify");
    throw mistake(`${sentence.split("\n", 1)[0]!.replace(/\.$/, "")}; see x-responder --help.`);
  }
}

function number(name: string, text: string | undefined, least: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw mistake(`--${name} is a whole number from ${least} up, not ${text}.`);
}

function octal(text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw mistake(`--mode is written as in chmod, such as 0660, not ${text}.`);
}

function mistake(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message, { phase: "configure" });
}
