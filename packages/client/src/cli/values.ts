import { readCapabilities } from "@x/protocol";
import type { Capabilities, Params } from "@x/protocol";
import { parseAddress } from "@x/protocol/address";

import { getValues } from "../get-values.ts";
import { addressArgument } from "./address-argument.ts";
import type { Arguments } from "./arguments.ts";
import { HELP } from "./command.ts";
import type { Command } from "./command.ts";
import { printable } from "./printable.ts";
import { withRecordLog } from "./record-log.ts";

/** `x-client values ADDRESS` */
export const valuesCommand: Command = {
  synopsis: "ADDRESS",
  summary: "what the application answers to FCGI_GET_VALUES",
  examples: ["tcp://127.0.0.1:9000", "unix:/run/app.sock --json"],
  flags: {
    timeout: { type: "string", what: "ms to wait for the answer, 2000 unless given" },
    verbose: { type: "boolean", short: "v", what: "show each record sent and received" },
    json: { type: "boolean", what: "show the answer as JSON" },
    ...HELP,
  },
  notes:
    "Exit code 1 when the application does not answer the question: many do not know it, and some close the connection. That says nothing of\nwhether they run; x-client ping does.",
  run: values,
};

async function values(args: Arguments): Promise<void> {
  const address = addressArgument(args, "values");
  const timeout = args.milliseconds("timeout", 2_000);
  await withRecordLog(args.has("verbose"), async () => {
    const answer = await getValues(parseAddress(address), timeout);
    if (answer.kind === "values") {
      const told = readCapabilities(answer.values);
      if (args.has("json"))
        process.stdout.write(`${JSON.stringify({ address, ...answer, values: answer.values.toObject(), told })}\n`);
      else process.stdout.write(show(answer.values, told));
      return;
    }
    process.exitCode = 1;
    if (args.has("json")) process.stdout.write(`${JSON.stringify({ address, kind: answer.kind })}\n`);
    else process.stderr.write(`x-client: ${SILENCE[answer.kind](address, timeout)}\n`);
  });
}

const SILENCE = {
  unknown: (address: string): string => `${address} does not know FCGI_GET_VALUES.`,
  closed: (address: string): string => `${address} closed the connection when it was asked, as older PHP does.`,
  silent: (address: string, timeout: number): string =>
    `${address} did not answer within ${timeout} ms: it is busy, or does not know FCGI_GET_VALUES.`,
};

function show(answered: Params, { maxConns, maxReqs, multiplexes }: Capabilities): string {
  const meanings: Record<string, string | undefined> = {
    FCGI_MAX_CONNS: maxConns === undefined ? undefined : "connections at once",
    FCGI_MAX_REQS: maxReqs === undefined ? undefined : "requests at once",
    FCGI_MPXS_CONNS: multiplexes ? "several requests on one connection" : "one request at a time on a connection",
  };
  const lines = [...answered].map(([name, value]) => {
    const meaning = meanings[name];
    return printable(`${`${name}=${value}`.padEnd(20)}${meaning === undefined ? "" : `  ${meaning}`}`).trimEnd();
  });
  return lines.length === 0 ? "It answers, and says nothing of itself.\n" : `${lines.join("\n")}\n`;
}
