// pnpm bench NAME [--rounds N] [--seconds N] [--connections N] [--only PATTERN] [--write]
import { parseArgs } from "node:util";

import { MissingProgram } from "interop/program";

/** What every command is told. */
export interface BenchOptions {
  rounds: number;
  seconds: number;
  connections: number;
  /** Rows that are wanted, by `peer, client, case`; undefined: all. */
  only: RegExp | undefined;
  /** Put the tables into RESULTS.md? */
  write: boolean;
}

interface Command {
  about: string;
  /** s a round and row, unless told. @default 4 */
  seconds?: number;
  /** Does it know `--only`? */
  filters?: boolean;
  load(): Promise<(options: BenchOptions) => Promise<void>>;
}

const commands: Readonly<Record<string, Command>> = {
  proxy: {
    about:
      "our proxy beside nginx, Apache and Caddy: a Go program, files, routes, and memory of many clients: a verdict",
    seconds: 2,
    filters: true,
    load: async () => (await import("./commands/proxy.ts")).benchProxy,
  },
  php: {
    about: "the hello page beside nginx, Apache, Caddy, npm's gateways and WebAssembly, and DokuWiki: a verdict",
    load: async () => (await import("./commands/php.ts")).benchPhp,
  },
  kinds: {
    about:
      "the same page as CGI, FastCGI, SCGI, HTTP hop and in-process handler, beside Apache's mod_php and mod_fcgid: a verdict",
    load: async () => (await import("./commands/kinds.ts")).benchKinds,
  },
  codec: {
    about: "@x/protocol beside the codecs of npm and beside floors: records, params, heads: a verdict",
    load: async () => (await import("./commands/codec.ts")).benchCodec,
  },
  client: {
    about: "@x/client beside the clients of npm and a floor, on Go, on our responder and on PHP-FPM: a verdict",
    seconds: 2,
    filters: true,
    load: async () => (await import("./commands/client.ts")).benchClient,
  },
  capacity: {
    about: "two proxies share a PHP-FPM of two workers, and neither keeps the other waiting: a verdict",
    load: async () => (await import("./commands/capacity.ts")).benchCapacity,
  },
  responder: {
    about: "applications by our responder beside node:http, @hono/node-server, srvx, node-fastcgi and Go: a verdict",
    seconds: 3,
    filters: true,
    load: async () => (await import("./commands/responder.ts")).benchResponder,
  },
  bodies: {
    about: "uploads and downloads of 1 GiB, and 500 slow clients, beside nginx: a verdict",
    load: async () => (await import("./commands/bodies.ts")).benchBodies,
  },
};

const USAGE = `Usage: pnpm bench NAME [--rounds 5] [--seconds 4] [--connections 32] [--only PATTERN] [--write]

${Object.entries(commands)
  .map(([other, { about }]) => `  ${other.padEnd(10)}${about}`)
  .join("\n")}

--only takes a regular expression for the rows that are wanted, for instance "Go.*32 at once" (client)
--write puts the tables into apps/bench/RESULTS.md`;

const { positionals, values } = readArguments();
const name = positionals[0] ?? "";
const command = commands[name];
const mistake = mistakeOf(command);
if (values.help) console.log(USAGE);
else if (command === undefined || mistake !== undefined) {
  console.error(mistake ?? USAGE);
  process.exitCode = 2;
} else {
  const run = await command.load();
  try {
    await run({
      rounds: Number(values.rounds),
      seconds: Number(values.seconds ?? command.seconds ?? 4),
      connections: Number(values.connections),
      only: values.only === undefined ? undefined : new RegExp(values.only, "iu"),
      write: values.write,
    });
  } catch (error) {
    if (!(error instanceof MissingProgram)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- what the options say
function readArguments() {
  try {
    return parseArgs({
      args: process.argv.slice(2).filter((argument) => argument !== "--"),
      allowPositionals: true,
      options: {
        rounds: { type: "string", default: "5" },
        seconds: { type: "string" },
        connections: { type: "string", default: "32" },
        only: { type: "string" },
        write: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

/** What is wrong with the options, if anything is. */
function mistakeOf(wanted: Command | undefined): string | undefined {
  if (wanted === undefined) return name === "" ? undefined : `There is no bench ${JSON.stringify(name)}.\n\n${USAGE}`;
  for (const key of ["rounds", "seconds", "connections"] as const) {
    const value = values[key];
    if (value !== undefined && !(Number(value) > 0))
      return `--${key} must be a number above 0, not ${JSON.stringify(value)}.`;
  }
  if (values.only === undefined) return undefined;
  if (wanted.filters !== true) return `pnpm bench ${name} does not know --only; it measures all of its rows.`;
  if (values.write) return "--write needs all rows: leave --only out.";
  try {
    RegExp(values.only, "iu");
    return undefined;
  } catch {
    return `--only ${values.only} is no regular expression.`;
  }
}
