import { requireProgram } from "interop/program";

import { barTable, failWhenMissed } from "../bar.ts";
import { measure } from "../measure.ts";
import type { Result, Row } from "../measure.ts";
import { judge } from "../proxy/bars.ts";
import { Contenders } from "../proxy/contenders.ts";
import { measureFixedRate } from "../proxy/fixed-rate.ts";
import type { FixedRate } from "../proxy/fixed-rate.ts";
import { measureMemory } from "../proxy/memory.ts";
import type { ClientsMemory } from "../proxy/memory.ts";
import { manyRoutes } from "../proxy/routes.ts";
import { machine, markdownTable, table, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";

/** s of load for each row before its first round. */
const WARM_UP = 4;

/** The share of nginx's requests a second that is asked at a fixed rate. */
const SHARE = 0.6;

interface Options {
  rounds: number;
  seconds: number;
  connections: number;
  only: RegExp | undefined;
  write: boolean;
}

/** A row, and what starts it; it is started when it is wanted, or when one is that is compared with it. */
interface Planned {
  readonly name: string;
  readonly against?: string;
  start(): Promise<Row>;
}

/**
 * Our proxy beside nginx, Apache and Caddy, each with its access log and in front of its own copy of one multiplexing Go program; files,
 * routes, and the memory of many clients.
 */
export async function benchProxy(options: Options): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  const h2load = requireProgram(["h2load"], "nghttp2-client");
  await withPrograms(async (folder, keep) => {
    const contenders = new Contenders(folder, keep);
    const wanted = (name: string): boolean => options.only?.test(name) !== false;
    const results: Result[] = [];
    const running: Running = new Map();
    const groups = plan(contenders, options);
    for (const group of groups) {
      const rows = await start(group, wanted, running);
      if (rows.length === 0) continue;
      const measured = await measure(wrk, rows, { ...options, warmUp: WARM_UP });
      results.push(...measured);
      for (const { name, cpuPerRequest } of measured)
        process.stderr.write(`${name}: ${cpuPerRequest.toFixed(1)} µs of CPU a request\n`);
    }
    const steady = wanted("fixed rate") ? await start(groups[0] ?? [], (name) => FIXED.has(name), running) : [];
    const fixed = await atFixedRate(wrk, h2load, folder, steady, results, options);
    const memory = await measureMemory(wrk, contenders, wanted);
    const bars = judge(results, fixed, memory);
    const text = [
      `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
      barTable(bars),
      ...report(results, fixed, memory, options),
    ].join("\n\n");
    console.log(text);
    if (options.write) writeSection("Proxy", text);
    failWhenMissed(bars);
  });
}

const NGINX = "Go: nginx";
const POOLED = "Go: x-proxy, pooled";
const MULTIPLEXED = "Go: x-proxy, multiplexed";

/** Those that are asked at a fixed rate, too. */
const FIXED: ReadonlySet<string> = new Set([NGINX, POOLED, MULTIPLEXED]);

/** Rows by their names. */
type Running = Map<string, Row>;

function plan(contenders: Contenders, { connections }: Options): Planned[][] {
  const page = "/index.php";
  const pooled = { capacity: 64 };
  const multiplexed = { capacity: 64, multiplex: 32 };
  const upstream = `Go, keepalive ${connections}`;
  const ours = (name: string, upstream: object, log?: boolean): Planned => ({
    name,
    against: NGINX,
    start: () => contenders.ours(name, { path: page, upstream, against: NGINX, ...(log === undefined ? {} : { log }) }),
  });
  const files = (size: string, path: string): Planned[] => {
    const [theirs, own] = [`${size}: nginx`, `${size}: x-proxy`];
    const routes = [{ match: { path: "/files/*" }, static: {} }];
    return [
      { name: theirs, start: () => contenders.nginx(theirs, "a file", path, connections) },
      { name: own, against: theirs, start: () => contenders.configured(own, "a file", path, { routes }, theirs) },
    ];
  };
  const routes = (count: number, against?: string): Planned => {
    const name = `routes: ${count}`;
    const about = "the last answers 1 KiB";
    const start = (): Promise<Row> => contenders.configured(name, about, page, { routes: manyRoutes(count) }, against);
    return { name, start, ...(against === undefined ? {} : { against }) };
  };
  const apache = "Go: Apache mod_proxy_fcgi";
  const caddy = "Go: Caddy";
  return [
    [
      { name: NGINX, start: () => contenders.nginx(NGINX, upstream, page, connections) },
      ours(POOLED, pooled),
      ours(`${POOLED}, no access log`, pooled, false),
      ours(MULTIPLEXED, multiplexed),
      { name: apache, against: NGINX, start: () => contenders.apache(apache, "Go", page, NGINX) },
      { name: caddy, against: NGINX, start: () => contenders.caddy(caddy, "Go", page, NGINX) },
    ],
    files("10 KiB", contenders.file("small.css", 10_240)),
    files("1 MiB", contenders.file("large.jpg", 2 ** 20)),
    [routes(10), routes(1_000, "routes: 10")],
  ];
}

/** Starts what is wanted and what that is compared with; what runs already stays. */
async function start(group: readonly Planned[], wanted: (name: string) => boolean, running: Running): Promise<Row[]> {
  const names = new Set(
    group.flatMap(({ name, against }) => (wanted(name) ? [name, ...(against === undefined ? [] : [against])] : [])),
  );
  const rows: Row[] = [];
  for (const { name, start } of group) {
    if (!names.has(name)) continue;
    const row = running.get(name) ?? (await start());
    running.set(name, row);
    rows.push(row);
  }
  return rows;
}

/** The rows of nginx and x-proxy, where they were loaded before, at a share of what nginx can do. */
async function atFixedRate(
  wrk: string,
  h2load: string,
  folder: string,
  rows: readonly Row[],
  results: readonly Result[],
  options: Options,
): Promise<FixedRate[]> {
  if (rows.length === 0) return [];
  const [nginx] = results.filter(({ name }) => name === NGINX);
  const most = nginx ?? (await measure(wrk, rows, { ...options, rounds: 1, warmUp: WARM_UP }))[0];
  if (most === undefined) return [];
  const fixed = await measureFixedRate(h2load, rows, { ...options, folder, rate: most.requestsPerSecond * SHARE });
  process.stderr.write("fixed rate\n");
  return fixed;
}

function report(
  results: readonly Result[],
  fixed: readonly FixedRate[],
  memory: readonly ClientsMemory[],
  { rounds, seconds, connections }: Options,
): string[] {
  const parts: string[] = [];
  if (results.length > 0) {
    parts.push(
      `${connections} keep-alive connections, medians of ${rounds} interleaved rounds of ${seconds} s; every server writes its access log to a file, in Combined format, Caddy in its own, but for the row that says so. CPU is the server process's own, by the kernel's accounting; ratios of the bars are taken round by round. The Go program answers 1 KiB and multiplexes; nginx has one worker. Routes are by host, wildcard, path and mount, in equal shares, and the last answers.`,
      table(results),
    );
  }
  if (fixed.length > 0) {
    parts.push(
      `Latency at ${SHARE * 100} % of nginx's requests/s, at a fixed rate (h2load --h1 --rps).`,
      markdownTable(
        ["server", "requests/s", "median ms", "p99 ms", "failures"],
        fixed.map((row) => [
          row.name,
          row.rate.toFixed(0),
          row.median.toFixed(2),
          row.p99.toFixed(2),
          String(row.failures),
        ]),
        1,
      ),
    );
  }
  if (memory.length > 0) {
    parts.push(
      "Memory of x-proxy, all of its processes, by the kernel's accounting: for slow readers its peak, for idle connections what is left after their request. Clients come over a UNIX socket, whose buffers are as small as those of a slow network client; readers take a piece of at most 64 KiB a second. Spool is what waits in files without a name.",
      markdownTable(
        ["memory", "idle MiB", "more MiB", "KiB a client", "spool MiB", "cut"],
        memory.map(({ what, idle, more, clients, spool, cut }) => [
          what.replace("memory: ", ""),
          idle.toFixed(0),
          `+${more.toFixed(1)}`,
          ((more * 1_024) / clients).toFixed(1),
          spool.toFixed(0),
          String(cut),
        ]),
        1,
      ),
    );
  }
  return parts;
}
