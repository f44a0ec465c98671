import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

import { isFastCGIError } from "@x/protocol/errors";

import { PhpFpm } from "../php-fpm/php-fpm.ts";
import type { PhpFpmStatusFormat } from "../php-fpm/php-fpm.ts";
import { addressArgument } from "./address-argument.ts";
import type { Arguments } from "./arguments.ts";
import { HELP } from "./command.ts";
import type { Command } from "./command.ts";
import { hasColors, LiveText, styleOf } from "./live-text.ts";
import { statusLine, statusTable } from "./status-table.ts";
import type { Sample } from "./status-table.ts";
import { UsageError } from "./usage-error.ts";

const FORMATS: readonly PhpFpmStatusFormat[] = ["text", "json", "xml", "html", "openmetrics"];

/** `x-client status ADDRESS` */
export const statusCommand: Command = {
  synopsis: "ADDRESS",
  summary: "what a PHP-FPM does: workers, queue, requests (pm.status_path)",
  examples: [
    "unix:/run/php/php-fpm.sock --watch",
    "unix:/run/php/php-fpm.sock --full",
    "tcp://127.0.0.1:9000 --path /fpm-status --json",
    "unix:/run/php/php-fpm.sock --format openmetrics",
  ],
  flags: {
    watch: {
      type: "boolean",
      short: "w",
      what: "look again and again: a live table on a terminal, a line a look elsewhere",
    },
    interval: { type: "string", what: "ms between two looks, 1000 unless given" },
    count: { type: "string", what: "end after so many looks" },
    full: { type: "boolean", what: "show what each worker does; --watch on a terminal does" },
    path: { type: "string", what: "pm.status_path of the pool, /status unless given" },
    format: { type: "string", what: `the page as PHP-FPM writes it: ${FORMATS.join(", ")}` },
    timeout: { type: "string", what: "ms to wait for the answer, 5000 unless given" },
    json: { type: "boolean", what: "show it as JSON, one line a look" },
    ...HELP,
  },
  notes:
    "Asking takes a worker, as any request does: when all are busy, so is the answer. pm.status_listen gives the page an address of its own.",
  run: status,
};

async function status(args: Arguments): Promise<void> {
  const address = addressArgument(args, "status");
  const path = args.get("path") ?? "/status";
  if (!path.startsWith("/")) throw new UsageError('--path takes a path such as "/status".');
  const fpm = new PhpFpm(address, { statusPath: path });
  const full = args.has("full");
  const timeout = args.milliseconds("timeout", 5_000);
  const format = args.get("format");
  if (format !== undefined) {
    const known = FORMATS.find((name) => name === format);
    if (known === undefined) throw new UsageError(`--format takes ${FORMATS.join(", ")}, not "${format}".`);
    const page = await fpm.statusText(known, { full, timeout });
    process.stdout.write(page.endsWith("\n") ? page : `${page}\n`);
    return;
  }
  const count = args.count("count", args.has("watch") ? Infinity : 1);
  const interval = args.milliseconds("interval", 1_000);
  await (args.has("watch") ? watch : look)({ fpm, args, full, timeout, count, interval });
}

interface Looking {
  fpm: PhpFpm;
  args: Arguments;
  full: boolean;
  timeout: number;
  count: number;
  interval: number;
}

async function look({ fpm, args, full, timeout }: Looking): Promise<void> {
  const sample: Sample = { status: await fpm.status({ full, timeout }), at: performance.now() };
  if (args.has("json")) await write(`${JSON.stringify(sample.status)}\n`);
  else await write(`${statusTable(sample, undefined, width(), styleOf(hasColors(process.stdout))).join("\n")}\n`);
}

/** Looks until it is told to end. An FPM that is away is told of, and looked for again. */
async function watch({ fpm, args, full, timeout, count, interval }: Looking): Promise<void> {
  const live = process.stdout.isTTY && !args.has("json") ? new LiveText(process.stdout) : undefined;
  const style = styleOf(hasColors(process.stdout));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  let before: Sample | undefined;
  try {
    for (let looked = 1; looked <= count; looked++) {
      try {
        const status = await fpm.status({ full: full || live !== undefined, timeout, signal: interrupted.signal });
        const sample: Sample = { status, at: performance.now() };
        if (live !== undefined) live.show(statusTable(sample, before, width(), style));
        else await write(`${args.has("json") ? JSON.stringify(status) : statusLine(sample, before)}\n`);
        before = sample;
        process.exitCode = 0;
      } catch (error) {
        if (interrupted.signal.aborted) return;
        if (!isFastCGIError(error) || !PASSING.has(error.code)) throw error;
        before = undefined;
        process.exitCode = 1;
        if (live !== undefined) live.show([style.red(error.message), "Looking again."]);
        else if (args.has("json")) await write(`${JSON.stringify({ error: error.code, message: error.message })}\n`);
        else process.stderr.write(`x-client: ${error.message} [${error.code}]\n`);
      }
      if (looked < count) await pause(interval, undefined, { signal: interrupted.signal }).catch(() => {});
      if (interrupted.signal.aborted) return;
    }
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

/** Failures that may be over at the next look; a wrong path is wrong for ever. */
const PASSING: ReadonlySet<string> = new Set([
  "FCGI_ERR_CONNECT",
  "FCGI_ERR_CONNECT_TIMEOUT",
  "FCGI_ERR_QUEUE_TIMEOUT",
  "FCGI_ERR_HEADERS_TIMEOUT",
  "FCGI_ERR_BODY_TIMEOUT",
  "FCGI_ERR_SEND_TIMEOUT",
  "FCGI_ERR_SOCKET",
  "FCGI_ERR_TRUNCATED",
]);

function width(): number {
  const { columns } = process.stdout;
  return columns > 0 ? columns : 100;
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
