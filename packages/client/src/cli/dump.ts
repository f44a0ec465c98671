import { once } from "node:events";

import { describeRecord } from "@x/protocol";
import type { FastCGIRecord } from "@x/protocol";
import { isFastCGIError } from "@x/protocol/errors";

import type { Arguments } from "./arguments.ts";
import { openCapture } from "./capture.ts";
import { HELP } from "./command.ts";
import type { Command } from "./command.ts";
import { RecordLines } from "./record-lines.ts";
import { runRelay } from "./relay.ts";
import { UsageError } from "./usage-error.ts";

/** `x-client dump FILE`, `x-client dump --listen ADDRESS ADDRESS` */
export const dumpCommand: Command = {
  synopsis: "FILE | ADDRESS",
  summary: "show the records of a capture, or of connections that pass through",
  examples: [
    "capture.bin",
    "dump.txt",
    "- --json < capture.bin",
    "--listen tcp://127.0.0.1:9001 unix:/run/php/php-fpm.sock",
    "--listen unix:/tmp/spy.sock unix:/run/app.sock --output captures",
  ],
  flags: {
    listen: {
      type: "string",
      short: "l",
      what: "stand between web server and application: listen here, pass on to ADDRESS",
    },
    output: {
      type: "string",
      short: "o",
      what: "with --listen: a folder, which gets the bytes of each connection and direction",
    },
    connections: { type: "string", what: "with --listen: end after so many connections" },
    "max-length": { type: "string", what: "characters of a line, 200 unless given" },
    json: { type: "boolean", what: "show each record as JSON, content in base64" },
    ...HELP,
  },
  notes:
    "FILE, or - for standard input, holds the bytes of one direction, or a hexdump of xxd, hexdump -C, Wireshark or tcpdump -x. Of a pcap file:\n  tcpdump -x -r capture.pcap | x-client dump -\nThe values of params are shown, cookies and passwords too.",
  run: dump,
};

/** Writes a record, or a fault; `from` says whose. */
export type Show = (from: string, record: FastCGIRecord | Error) => void;

async function dump(args: Arguments): Promise<void> {
  const [source, ...more] = args.positionals;
  if (source === undefined || more.length > 0) {
    throw new UsageError('It takes a file, or - for standard input, such as "x-client dump capture.bin".');
  }
  const show = shower(args);
  const listen = args.get("listen");
  if (listen !== undefined) {
    await runRelay({
      listen,
      application: source,
      folder: args.get("output"),
      connections: args.count("connections", Infinity),
      show,
    });
    return;
  }
  for (const name of ["output", "connections"]) {
    if (args.has(name)) throw new UsageError(`--${name} goes with --listen ADDRESS.`);
  }
  for (const { flow, chunks } of await openCapture(source)) {
    const lines = new RecordLines((record) => show(flow, record));
    for await (const chunk of chunks) {
      lines.push(chunk);
      if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
    }
    lines.end();
  }
}

function shower(args: Arguments): Show {
  const maxLength = args.count("max-length", 200);
  const json = args.has("json");
  return (from, record) => {
    if (record instanceof Error) {
      process.exitCode = 1;
      if (json) process.stdout.write(`${JSON.stringify({ from, ...faultOf(record) })}\n`);
      else process.stdout.write(`${from}(no record: ${record.message})\n`);
    } else if (json) process.stdout.write(`${JSON.stringify({ from, ...jsonOf(record) })}\n`);
    else process.stdout.write(`${from}${describeRecord(record, { maxLength })}\n`);
  };
}

function jsonOf(record: FastCGIRecord): Record<string, unknown> {
  if (!("content" in record)) return { ...record };
  const { content, ...head } = record;
  return { ...head, length: content.length, content: Buffer.from(content).toString("base64") };
}

function faultOf(error: Error): { error: string; message: string } {
  return { error: isFastCGIError(error) ? error.code : error.name, message: error.message };
}
