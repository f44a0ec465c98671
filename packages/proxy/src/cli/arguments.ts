import { cac } from "cac";

import { didYouMean } from "../config/nearest-name.ts";
import { PRESET_NAMES } from "../presets/preset.ts";
import type { PresetName } from "../presets/preset.ts";
import { UsageError } from "./usage-error.ts";

/** Words that stand first and say what to do. */
export const COMMANDS: readonly ["serve", "check", "expand", "explain", "init", "status", "drain", "restore"] = [
  "serve",
  "check",
  "expand",
  "explain",
  "init",
  "status",
  "drain",
  "restore",
];

/** Those that talk to a program that runs, with the words that they need. */
const ADMIN: ReadonlyMap<string, readonly string[]> = new Map([
  ["status", []],
  ["drain", ["UPSTREAM", "PEER"]],
  ["restore", ["UPSTREAM", "PEER"]],
]);

/** What the command line asks for. */
export interface Arguments {
  /** All but `serve` print something and end. */
  readonly command: (typeof COMMANDS)[number] | "help" | "version";
  /** For `explain`. */
  readonly url: string | undefined;
  readonly method: string | undefined;
  /** `Name: value` each. */
  readonly headers: readonly string[];
  /** The client's address, for `explain`. */
  readonly from: string | undefined;
  /** The folder to serve; undefined: not given. */
  readonly root: string | undefined;
  readonly php: string | undefined;
  readonly preset: PresetName | "none" | undefined;
  readonly listen: readonly string[];
  /** Of the certificate and of its key. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly config: string | undefined;
  /** Path of the admin socket. */
  readonly admin: string | undefined;
  /** For `drain` and `restore`: an upstream, and which of its addresses. */
  readonly peer: readonly [upstream: string, address: string] | undefined;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** Option names as cac gives them back, and as people type them. */
const OPTIONS: ReadonlyMap<string, string> = new Map([
  ["php", "--php"],
  ["preset", "--preset"],
  ["listen", "--listen"],
  ["cert", "--cert"],
  ["key", "--key"],
  ["config", "--config"],
  ["admin", "--admin"],
  ["verbose", "--verbose"],
  ["v", "-v"],
  ["json", "--json"],
  ["method", "--method"],
  ["X", "-X"],
  ["header", "--header"],
  ["H", "-H"],
  ["from", "--from"],
  ["help", "--help"],
  ["h", "-h"],
  ["version", "--version"],
  ["V", "-V"],
]);

/**
 * Reads the arguments that stand behind the program's name.
 *
 * @param help the command that shows the help, for messages
 * @throws UsageError for an option that does not exist, lacks its value or is given twice, and for too many arguments
 */
export function parseArguments(argv: readonly string[], help: string): Arguments {
  // cac makes the number 0 of one behind an option, and a root of "" would be the working folder.
  const empty = argv.indexOf("");
  if (empty >= 0) throw emptyArgument(argv, empty);
  const { args, options } = commandLine().parse(["node", "x-proxy", ...argv], { run: false });
  if (options["help"] === true) return plain("help");
  if (options["version"] === true) return plain("version");
  for (const name of Object.keys(options)) {
    if (name !== "--" && !OPTIONS.has(name)) throw unknown(name, help);
  }
  const command = COMMANDS.find((one) => one === args[0]) ?? "serve";
  const positional = [...args.slice(command === args[0] ? 1 : 0), ...texts(options["--"])];
  const url = command === "explain" ? positional.shift() : undefined;
  if (command === "explain" && url === undefined)
    throw new UsageError("explain needs a URL, such as `x-proxy explain http://localhost/index.php`.");
  const words = ADMIN.get(command);
  if (words !== undefined) checkAdmin(command, words, positional, options);
  else if (positional.length > 1) {
    const meant = command === args[0] ? "" : didYouMean(positional[0] ?? "", COMMANDS);
    throw new UsageError(
      `one folder can be served, and these are ${positional.length}: ${positional.join(" ")}.${meant}`,
    );
  }
  const explains = { method: options["method"], header: options["header"], from: options["from"] };
  for (const [name, value] of Object.entries(explains)) {
    if (value !== undefined && command !== "explain")
      throw new UsageError(`--${name} belongs to \`x-proxy explain URL\`.`);
  }
  return {
    command,
    url,
    method: single(explains.method, "--method", "POST"),
    headers: values(explains.header, "--header", '"Accept: text/html"'),
    from: single(explains.from, "--from", "192.0.2.1"),
    root: words === undefined ? positional[0] : undefined,
    php: single(options["php"], "--php", "tcp://127.0.0.1:9000"),
    preset: presetName(single(options["preset"], "--preset", "wordpress")),
    listen: values(options["listen"], "--listen", "127.0.0.1:8080"),
    cert: single(options["cert"], "--cert", "site.pem"),
    key: single(options["key"], "--key", "site.key"),
    config: single(options["config"], "--config", "x.config.ts"),
    admin: single(options["admin"], "--admin", "/run/x-proxy/8080.sock"),
    peer: words === undefined || words.length === 0 ? undefined : [positional[0] ?? "", positional[1] ?? ""],
    verbose: flag(options["verbose"], "--verbose"),
    json: flag(options["json"], "--json"),
  };
}

/** Those that talk to a program that runs serve nothing. */
function checkAdmin(
  command: string,
  words: readonly string[],
  given: readonly string[],
  options: Readonly<Record<string, unknown>>,
): void {
  for (const name of ["php", "preset", "listen", "cert", "key", "config"])
    if (options[name] !== undefined) throw new UsageError(`--${name} belongs to \`x-proxy serve\`, not to ${command}.`);
  if (given.length === words.length) return;
  const example = words.length === 0 ? "" : " app unix:/run/app-1.sock";
  const what = words.length === 0 ? "takes no words" : `needs ${words.join(" and ")}`;
  throw new UsageError(`${command} ${what}, such as \`x-proxy ${command}${example}\`; \`x-proxy status\` lists them.`);
}

function commandLine() {
  const cli = cac("x-proxy");
  // Help and version are options like the others here: what they print is ours.
  cli
    .command("[...words]", "Serve a folder over HTTP")
    .option("--php <address>", "")
    .option("--preset <name>", "")
    .option("--listen <address>", "", { type: [String] })
    .option("--cert <file>", "")
    .option("--key <file>", "")
    .option("--config <file>", "")
    .option("--admin <path>", "")
    .option("-X, --method <method>", "")
    .option("-H, --header <header>", "", { type: [String] })
    .option("--from <address>", "")
    .option("-v, --verbose", "")
    .option("--json", "")
    .option("-h, --help", "")
    .option("-V, --version", "");
  return cli;
}

function plain(command: "help" | "version"): Arguments {
  return {
    command,
    url: undefined,
    method: undefined,
    headers: [],
    from: undefined,
    root: undefined,
    php: undefined,
    preset: undefined,
    listen: [],
    cert: undefined,
    key: undefined,
    config: undefined,
    admin: undefined,
    peer: undefined,
    verbose: false,
    json: false,
  };
}

function presetName(text: string | undefined): PresetName | "none" | undefined {
  const known = [...PRESET_NAMES, "none"] as const;
  const name = known.find((one) => one === text);
  if (text === undefined || name !== undefined) return name;
  throw new UsageError(
    `--preset: there is no preset ${JSON.stringify(text)}.${didYouMean(text, known)} There are ${known.join(", ")}.`,
  );
}

/** Options without a value. */
const FLAGS: ReadonlySet<string> = new Set(["--", "--json", "--verbose", "-v", "--help", "-h", "--version", "-V"]);

/** As a shell passes on a variable in quotes that is not set. */
function emptyArgument(argv: readonly string[], at: number): UsageError {
  const option = argv[at - 1] ?? "";
  const whose = option.startsWith("-") && !FLAGS.has(option) ? `the value of ${option}` : `argument ${at + 1}`;
  return new UsageError(`${whose} is empty: is a variable of the shell not set?`);
}

function unknown(name: string, help: string): UsageError {
  const typed =
    name.length === 1 ? `-${name}` : `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const known = [...OPTIONS.values()].filter((option) => option.startsWith("--"));
  return new UsageError(`there is no option ${typed}.${didYouMean(typed, known)} \`${help}\` lists all.`);
}

function single(value: unknown, option: string, example: string): string | undefined {
  const [first, second] = values(value, option, example);
  if (second !== undefined) throw new UsageError(`${option} can be given once only.`);
  return first;
}

function values(value: unknown, option: string, example: string): string[] {
  const all = texts(value);
  // cac gives true for an option at the end of the line, false for `--no-…`.
  const lacks = all.some((text) => text === "true" || text === "false" || text === "");
  if (lacks) throw new UsageError(`${option} needs a value, such as \`${option} ${example}\`.`);
  return all;
}

function flag(value: unknown, option: string): boolean {
  if (value === undefined || typeof value === "boolean") return value === true;
  throw new UsageError(`${option} takes no value and can be given once only.`);
}

/** What cac gives for an option: nothing, a text, a number, a boolean, or a list of these. */
function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? [String(value)] : [];
}
