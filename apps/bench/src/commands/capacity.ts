import { cpSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

import { freePort } from "interop/free-port";
import { startPhpFpm } from "interop/peers/php-fpm";

import { machine, writeSection } from "../report.ts";
import { steadyLoad } from "../steady-load.ts";
import type { Timed } from "../steady-load.ts";
import { withPrograms } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

/** `pm.max_children`, the capacity that both proxies are told, and the clients of each. */
const CHILDREN = 2;
/** ms that a proxy may keep a connection, and with it a worker, for itself. */
const KEPT = 1_000;
/** ms that a busy machine may add. */
const SLACK = 100;
/** Without pauses both proxies want more than there is; with them, connections are idle at times, and hold a worker all the same. */
const LOADS = [
  { load: "at once", pause: 0 },
  { load: "after up to 600 ms", pause: 600 },
];

/**
 * The capacity rule: two proxies share a PHP-FPM, each with as many clients as that has workers, and neither keeps the other waiting
 * longer than the rule allows.
 */
export async function benchCapacity(options: { rounds: number; seconds: number; write: boolean }): Promise<void> {
  await withPrograms(async (folder, keep) => {
    const site = join(folder, "site");
    cpSync(join(import.meta.dirname, "../../fixtures/site"), site, { recursive: true });
    const proxy = installProxy(folder);
    const fpm = await keep(startPhpFpm(folder, "fpm", { children: CHILDREN }));
    const names = ["first", "second"];
    const urls: string[] = [];
    for (const name of names) {
      const port = await freePort();
      const configuration = {
        root: site,
        upstreams: { php: { addresses: [fpm.address], capacity: CHILDREN } },
        routes: [{ php: "php" }],
      };
      await keep(startProxy(proxy, folder, name, port, configuration));
      urls.push(`http://127.0.0.1:${port}/slow.php`);
    }
    // The first request of each loads code, and is nobody's wait.
    for (const url of urls) await steadyLoad(url, 1, 0.1);
    const seconds = (options.rounds * options.seconds) / LOADS.length;
    const late = monitorEventLoopDelay({ resolution: 5 });
    late.enable();
    const rows: Row[] = [];
    for (const { load, pause } of LOADS) {
      const seen = await Promise.all(urls.map((url) => steadyLoad(url, CHILDREN, seconds, pause)));
      for (const [index, requests] of seen.entries()) rows.push({ load, proxy: names[index] ?? "", requests });
    }
    late.disable();
    const { text, holds } = report(rows, seconds, late.max / 1e6);
    console.log(text);
    if (options.write) writeSection("Capacity", text);
    if (!holds) process.exitCode = 1;
  });
}

/** What one proxy's clients saw. */
interface Row {
  load: string;
  proxy: string;
  requests: readonly Timed[];
}

/** @param late ms that the measuring program was kept from running, at most: so busy was the machine with other things */
function report(rows: readonly Row[], seconds: number, late: number): { text: string; holds: boolean } {
  const longest = Math.max(...rows.flatMap(({ requests }) => requests.map(({ ran }) => ran)));
  const limit = KEPT + longest + SLACK;
  const figures = rows.map(({ load, proxy, requests }) => {
    const waits = requests.map(({ waited }) => waited).toSorted((a, b) => a - b);
    const at = (share: number): number =>
      waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Infinity;
    const failures = requests.filter(({ failed }) => failed).length;
    return { load, proxy, count: requests.length, half: at(0.5), p99: at(0.99), most: at(1), failures };
  });
  const holds = figures.every(({ most, failures }) => failures === 0 && most <= limit);
  const table = [
    "| clients ask again | proxy | requests | wait, median ms | p99 ms | longest ms | failures |",
    "| --- | --- | --: | --: | --: | --: | --: |",
    ...figures.map(
      ({ load, proxy, count, half, p99, most, failures }) =>
        `| ${load} | ${proxy} | ${count} | ${half.toFixed(0)} | ${p99.toFixed(0)} | ${most.toFixed(0)} | ${failures} |`,
    ),
  ];
  const text = [
    `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
    `Two proxies share a PHP-FPM of ${CHILDREN} children (capacity ${CHILDREN} in both), with ${CHILDREN} clients each, for ${seconds} s a load; a request runs 200 ms. A wait is what a request took beyond its running.`,
    table.join("\n"),
    `Limit: 1 s + the longest request (${longest.toFixed(0)} ms) + ${SLACK} ms = ${limit.toFixed(0)} ms. The rule ${holds ? "holds" : "is BROKEN"}. The measuring program itself was late by up to ${late.toFixed(0)} ms.`,
  ].join("\n\n");
  return { text, holds };
}
