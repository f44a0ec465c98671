import { chmodSync } from "node:fs";
import { join } from "node:path";

import { buildGo, startGo } from "interop/peers/go";
import { freePort, requireProgram, startProgram } from "interop/program";

import { cpuTime } from "../cpu-time.ts";
import { load } from "../load.ts";
import { median } from "../median.ts";
import { machine, markdownTable, writeSection } from "../report.ts";
import { startFront } from "../responder/nginx.ts";
import { withPrograms } from "../with-programs.ts";
import type { Keep } from "../with-programs.ts";

/** s of load before the first round. */
const WARM_UP = 4;

interface Row {
  name: string;
  url: string;
  application: number;
  front: number;
}

/** Medians; CPU in µs a request. */
interface Result {
  name: string;
  own: number;
  summed: number;
  requestsPerSecond: number;
  failures: number;
}

/** Bars of the issue: the application's own CPU a request, against the least of others. */
const BARS: readonly { row: string; against: readonly string[]; most: number }[] = [
  { row: "raw", against: ["node:http"], most: 0.7 },
  { row: "raw", against: ["Go net/http/fcgi"], most: 0.35 },
  { row: "fetch", against: ["@hono/node-server", "srvx"], most: 1 },
  { row: "node", against: ["node:http"], most: 1.15 },
];

/** Our responder's three shapes beside what else answers behind an nginx of the same configuration. */
export async function benchResponder(options: {
  rounds: number;
  seconds: number;
  connections: number;
  write: boolean;
}): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  await withPrograms(async (folder, keep) => {
    const results = await measure(wrk, await start(folder, keep), options);
    const http = results.find(({ name }) => name === "node:http");
    const rows = results.map(({ name, own, summed, requestsPerSecond, failures }) => [
      name,
      own.toFixed(1),
      (own / (http?.own ?? own)).toFixed(2),
      summed.toFixed(1),
      (summed / (http?.summed ?? summed)).toFixed(2),
      requestsPerSecond.toFixed(0),
      String(failures),
    ]);
    const head = [
      "application",
      "CPU µs/request",
      "to node:http",
      "with nginx",
      "to node:http",
      "requests/s",
      "failures",
    ];
    const verdicts = BARS.map((bar) => verdict(bar, results));
    const text = [
      `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
      `Each application is a process of its own behind an nginx of its own with one worker, connections kept; ${options.connections} connections, medians of ${options.rounds} interleaved rounds of ${options.seconds} s; CPU by the kernel's accounting; answers of 1 KiB. node:http, @hono/node-server and srvx by proxy_pass, the others by fastcgi_pass.`,
      markdownTable(head, rows, 1),
      verdicts.map((line) => `- ${line}`).join("\n"),
    ].join("\n\n");
    console.log(text);
    if (options.write) writeSection(`Responder, ${options.connections} connections`, text);
  });
}

async function start(folder: string, keep: Keep): Promise<Row[]> {
  const program = join(import.meta.dirname, "../responder/application.ts");
  const rows: Row[] = [];
  const add = async (
    name: string,
    protocol: "http" | "fastcgi",
    socket: string,
    application: number,
  ): Promise<void> => {
    chmodSync(socket, 0o666); // nginx's worker is another user
    const port = await freePort();
    const front = await keep(startFront(folder, `${rows.length}`, { port, socket, protocol }));
    rows.push({ name, url: `http://127.0.0.1:${port}/path?query=1`, application, front: front.pid });
  };
  const shapes = {
    "node:http": "http",
    "@hono/node-server": "http",
    srvx: "http",
    raw: "fastcgi",
    fetch: "fastcgi",
    node: "fastcgi",
    "node-fastcgi": "fastcgi",
  } as const;
  for (const [name, protocol] of Object.entries(shapes)) {
    const socket = join(folder, `${rows.length}.sock`);
    const application = await keep(startProgram(process.execPath, [program, name, socket], { path: socket }));
    await add(name, protocol, socket, application.pid);
  }
  const socket = join(folder, "go.sock");
  const go = await keep(startGo(buildGo(folder), socket, { bench: true }));
  await add("Go net/http/fcgi", "fastcgi", socket, go.pid);
  return rows;
}

async function measure(
  wrk: string,
  rows: readonly Row[],
  { rounds, seconds, connections }: { rounds: number; seconds: number; connections: number },
): Promise<Result[]> {
  for (const row of rows) await load(wrk, row.url, connections, WARM_UP);
  const samples = new Map<Row, { own: number; summed: number; requestsPerSecond: number; failures: number }[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      const before = [cpuTime(row.application), cpuTime(row.front)] as const;
      const { requests, requestsPerSecond, failures } = await load(wrk, row.url, connections, seconds);
      const own = ((cpuTime(row.application) - before[0]) * 1_000) / requests;
      const summed = own + ((cpuTime(row.front) - before[1]) * 1_000) / requests;
      samples.set(row, [...(samples.get(row) ?? []), { own, summed, requestsPerSecond, failures }]);
    }
    process.stderr.write(`round ${round} of ${rounds}\n`);
  }
  return rows.map((row) => {
    const seen = samples.get(row) ?? [];
    return {
      name: row.name,
      own: median(seen.map(({ own }) => own)),
      summed: median(seen.map(({ summed }) => summed)),
      requestsPerSecond: median(seen.map((one) => one.requestsPerSecond)),
      failures: seen.reduce((sum, { failures }) => sum + failures, 0),
    };
  });
}

function verdict({ row, against, most }: (typeof BARS)[number], results: readonly Result[]): string {
  const of = (name: string): number => results.find((result) => result.name === name)?.own ?? Number.NaN;
  const least = Math.min(...against.map(of));
  const ratio = of(row) / least;
  return `${row}: ${ratio.toFixed(2)}× ${against.join(" or ")}, at most ${most}: ${ratio <= most ? "met" : "missed"}`;
}
