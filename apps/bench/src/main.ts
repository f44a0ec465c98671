// pnpm bench NAME [--rounds N] [--seconds N] [--connections N] [--only ROW,…] [--write]
import { parseArgs } from "node:util";

/** What every command is told. */
export interface BenchOptions {
  rounds: number;
  seconds: number;
  connections: number;
  /** Rows alone whose names are in it, with commas between; where a command has such a choice. */
  only: readonly string[] | undefined;
  /** Put the tables into RESULTS.md? */
  write: boolean;
}

interface Command {
  about: string;
  load(): Promise<(options: BenchOptions) => Promise<void>>;
}

const commands: Readonly<Record<string, Command>> = {
  proxy: {
    about: "our proxy beside nginx, in front of a Go program and of PHP-FPM",
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
    load: async () => (await import("./commands/client.ts")).benchClient,
  },
  capacity: {
    about: "two proxies share a PHP-FPM of two workers, and neither keeps the other waiting: a verdict",
    load: async () => (await import("./commands/capacity.ts")).benchCapacity,
  },
  responder: {
    about: "applications by our responder beside node:http, @hono/node-server, srvx, node-fastcgi and Go: a verdict",
    load: async () => (await import("./commands/responder.ts")).benchResponder,
  },
  bodies: {
    about: "uploads and downloads of 1 GiB, and 500 slow clients, beside nginx: a verdict",
    load: async () => (await import("./commands/bodies.ts")).benchBodies,
  },
};

const { positionals, values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "32" },
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const command = commands[positionals[0] ?? ""];
if (command === undefined) {
  const lines = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(10)}${about}`);
  console.error(
    `Usage: pnpm bench NAME [--rounds 5] [--seconds 4] [--connections 32] [--only ROW,…] [--write]\n\n${lines.join("\n")}\n\n--write puts the tables into apps/bench/RESULTS.md`,
  );
  process.exitCode = 2;
} else {
  const run = await command.load();
  await run({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    only: values.only?.split(","),
    write: values.write,
  });
}
