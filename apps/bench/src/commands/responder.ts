import { freePort } from "interop/free-port";
import { startExampleHaproxy } from "interop/peers/example-fronts";
import { requireProgram } from "interop/program";

import { barTable, failWhenMissed } from "../bar.ts";
import type { Bar } from "../bar.ts";
import { load } from "../load.ts";
import { machine, markdownTable, writeSection } from "../report.ts";
import { judgeLarge, measureLarge } from "../responder/large.ts";
import { measure } from "../responder/rounds.ts";
import type { Result } from "../responder/rounds.ts";
import { startRows } from "../responder/rows.ts";
import type { Row } from "../responder/rows.ts";
import { withPrograms } from "../with-programs.ts";
import type { Keep } from "../with-programs.ts";

/** s of load before the first round: what V8 compiles, it compiles in these. */
const WARM_UP = 4;

/** A second table has so many. */
const MANY = 256;

/** Requests that HAProxy multiplexes, at least. */
const MULTIPLEXED = 10_000;

/** The application's own CPU a request, against the least of others. */
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
  only: RegExp | undefined;
  write: boolean;
}): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  const { rounds, seconds, connections } = options;
  await withPrograms(async (folder, keep) => {
    const rows = await startRows(folder, keep, options.only);
    const few = await measure(wrk, rows, { rounds, seconds, connections, warmUp: WARM_UP });
    const many = await measure(wrk, rows, { rounds: 3, seconds: 3, connections: MANY, warmUp: 1 });
    const large = await measureLarge(rows);
    const bars = [
      ...BARS.flatMap((bar) => judge(bar, few)),
      ...judgeLarge(large),
      ...(await multiplexed(wrk, rows, folder, keep)),
      failures([...few, ...many]),
    ];
    const text = [
      `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
      `Each application is a process of its own behind an nginx of its own with one worker, connections kept; answers of 1 KiB; medians of interleaved rounds, ${rounds} of ${seconds} s with ${connections} connections and 3 of 3 s with ${MANY}; CPU by the kernel's accounting. node:http, @hono/node-server and srvx by proxy_pass, the others by fastcgi_pass. The fetch handler is the same in all, each server as it is fastest by its README: @hono/node-server replaces the global Request and Response by default; for srvx the global Response is its FastResponse; ours has \`lean: true\`, once without.`,
      barTable(bars),
      `${connections} connections:`,
      table(few),
      `${MANY} connections:`,
      table(many),
      "1 GiB as a response, unbuffered by nginx:",
      markdownTable(
        ["application", "MiB/s", "MiB above idle"],
        large.map(({ name, speed, peak }) => [name, speed.toFixed(0), peak.toFixed(1)]),
        1,
      ),
    ].join("\n\n");
    console.log(text);
    if (options.write) writeSection("Responder", text);
    failWhenMissed(bars);
  });
}

function table(results: readonly Result[]): string {
  const http = results.find(({ name }) => name === "node:http");
  return markdownTable(
    ["application", "CPU µs/request", "to node:http", "with nginx", "to node:http", "requests/s", "failures"],
    results.map(({ name, own, summed, requestsPerSecond, failures: failed }) => [
      name,
      own.toFixed(1),
      (own / (http?.own ?? own)).toFixed(2),
      summed.toFixed(1),
      (summed / (http?.summed ?? summed)).toFixed(2),
      requestsPerSecond.toFixed(0),
      String(failed),
    ]),
    1,
  );
}

/** Nothing when a row is missing that it takes. */
function judge({ row, against, most }: (typeof BARS)[number], results: readonly Result[]): Bar[] {
  const own = results.find(({ name }) => name === row)?.own;
  const others = results.filter(({ name }) => against.includes(name)).map((result) => result.own);
  if (own === undefined || others.length < against.length) return [];
  const ratio = own / Math.min(...others);
  return [
    {
      what: `CPU a request: ${row}, to ${against.length > 1 ? `the better of ${against.join(" and ")}` : against.join("")}`,
      wanted: `≤ ${most}`,
      measured: ratio.toFixed(2),
      holds: ratio <= most,
    },
  ];
}

function failures(results: readonly Result[]): Bar {
  const failed = results
    .filter(({ name }) => ["raw", "fetch", "fetch, not lean", "node"].includes(name))
    .reduce((sum, result) => sum + result.failures, 0);
  return { what: "requests that failed", wanted: "0", measured: String(failed), holds: failed === 0 };
}

/** HAProxy as the responder's example has it: many requests at once on few connections. */
async function multiplexed(wrk: string, rows: readonly Row[], folder: string, keep: Keep): Promise<Bar[]> {
  const raw = rows.find(({ name }) => name === "raw");
  if (raw === undefined) return [];
  const port = await freePort();
  await keep(startExampleHaproxy(folder, { port, socket: raw.socket, site: folder }));
  let requests = 0;
  let failed = 0;
  while (requests < MULTIPLEXED && failed === 0) {
    const seen = await load(wrk, `http://127.0.0.1:${port}/`, 64, 2);
    requests += seen.requests;
    failed += seen.failures;
  }
  return [
    {
      what: `requests that HAProxy multiplexes, at least ${MULTIPLEXED}`,
      wanted: "0 fail",
      measured: `${failed} of ${requests}`,
      holds: failed === 0,
    },
  ];
}
