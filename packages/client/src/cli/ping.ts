import { formatApplicationAddress } from "@x/protocol/address";
import type { Address } from "@x/protocol/address";

import { getValues } from "../get-values.ts";
import { Pool } from "../pool.ts";
import { applicationArgument } from "./address-argument.ts";
import type { Arguments } from "./arguments.ts";
import { HELP } from "./command.ts";
import type { Command } from "./command.ts";
import { printable } from "./printable.ts";
import { withRecordLog } from "./record-log.ts";
import { UsageError } from "./usage-error.ts";

/** What a ping found, for `--json` and in a sentence. */
interface Finding {
  alive: boolean;
  answer: Record<string, unknown>;
  sentence: string;
}

/** `x-client ping ADDRESS` */
export const pingCommand: Command = {
  synopsis: "ADDRESS",
  summary: "is an application there, and what does it say of itself?",
  examples: ["unix:/run/php/php-fpm.sock", "unix:/run/php/php-fpm.sock --path /ping"],
  flags: {
    path: { type: "string", what: "ask for this path (ping.path of PHP-FPM) instead of FCGI_GET_VALUES" },
    timeout: { type: "string", what: "ms to wait for the answer, 2000 unless given" },
    verbose: { type: "boolean", short: "v", what: "show each record sent and received" },
    json: { type: "boolean", what: "show the answer as JSON" },
    ...HELP,
  },
  scgi: true,
  run: ping,
};

async function ping(args: Arguments, userAgent: string): Promise<void> {
  const application = applicationArgument(args, "ping");
  const address = formatApplicationAddress(application);
  const timeout = args.milliseconds("timeout", 2_000);
  const path = args.get("path");
  if (path !== undefined && !path.startsWith("/")) throw new UsageError('--path takes a path such as "/ping".');
  if (application.protocol === "scgi" && path === undefined) {
    throw new UsageError("SCGI has no question like FCGI_GET_VALUES: say which page to ask for, such as --path /.");
  }
  await withRecordLog(args.has("verbose"), async () => {
    const began = performance.now();
    const finding =
      path === undefined ? askValues(application.address, timeout) : askPath(address, path, timeout, userAgent);
    const { alive, answer, sentence } = await finding;
    const milliseconds = Math.round((performance.now() - began) * 10) / 10;
    const json = JSON.stringify({ address, alive, milliseconds, ...answer });
    process.stdout.write(args.has("json") ? `${json}\n` : `${address} ${sentence} (${milliseconds} ms)\n`);
    if (!alive) process.exitCode = 1;
  });
}

async function askValues(address: Address, timeout: number): Promise<Finding> {
  const answer = await getValues(address, timeout);
  switch (answer.kind) {
    case "values": {
      const values = answer.values.toObject();
      const pairs = Object.entries(values).map(([name, value]) => printable(`${name}=${value}`));
      const sentence = pairs.length === 0 ? "answers, and says nothing of itself" : `answers: ${pairs.join(" ")}`;
      return { alive: true, answer: { kind: answer.kind, values }, sentence };
    }
    case "unknown":
      return { alive: true, answer, sentence: "answers, and does not know FCGI_GET_VALUES" };
    case "closed":
      return {
        alive: true,
        answer,
        sentence: "accepted the connection and closed it when asked for its values, as older PHP does",
      };
    case "silent":
      return {
        alive: false,
        answer,
        sentence: `accepted the connection, but did not answer within ${timeout} ms: it is busy, or does not know FCGI_GET_VALUES (try --path)`,
      };
  }
}

/** What PHP-FPM's `ping.path` wants; any other application is asked for that path, too. */
async function askPath(address: string, path: string, timeout: number, userAgent: string): Promise<Finding> {
  const pool = new Pool(address, { connectTimeout: timeout, headersTimeout: timeout, bodyTimeout: timeout });
  try {
    const response = await pool.request({
      reuse: false,
      params: {
        GATEWAY_INTERFACE: "CGI/1.1",
        SERVER_PROTOCOL: "HTTP/1.1",
        SERVER_SOFTWARE: userAgent,
        REQUEST_METHOD: "GET",
        REQUEST_URI: path,
        SCRIPT_NAME: path,
        SCRIPT_FILENAME: path,
        QUERY_STRING: "",
      },
    });
    const { statusCode } = response;
    const body = await response.body.text();
    const text = printable(body.split("\n", 1)[0]!.trim().slice(0, 200));
    return {
      alive: statusCode >= 200 && statusCode < 400,
      answer: { kind: "response", statusCode, body },
      sentence: `answers ${path} with ${statusCode}${text === "" ? "" : `: ${text}`}`,
    };
  } finally {
    await pool.destroy();
  }
}
