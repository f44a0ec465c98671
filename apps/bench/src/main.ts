// pnpm bench NAME [--rounds N] [--seconds N] [--connections N] [--write]
import { parseArgs } from "node:util";

import { benchProxy } from "./commands/proxy.ts";

const USAGE = `Usage: pnpm bench proxy [--rounds 5] [--seconds 4] [--connections 32] [--write]

  proxy   our proxy beside nginx, in front of a Go program and of PHP-FPM

  --write puts the table into apps/bench/RESULTS.md`;

const { positionals, values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "32" },
    write: { type: "boolean", default: false },
  },
});

if (positionals[0] === "proxy") {
  await benchProxy({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    connections: Number(values.connections),
    write: values.write,
  });
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
