import { cpSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "interop/free-port";
import { startApache } from "interop/peers/apache";
import { startCaddy } from "interop/peers/caddy";
import { startNginx } from "interop/peers/nginx";
import { startPhpFpm } from "interop/peers/php-fpm";
import { requireProgram, startProgram } from "interop/program";
import type { Program } from "interop/program";
import { stageDokuWiki } from "interop/sites/stage-dokuwiki";

import { barTable, failWhenMissed } from "../bar.ts";
import type { Bar } from "../bar.ts";
import { measure } from "../measure.ts";
import type { Row } from "../measure.ts";
import { OURS, judgeDokuWiki, judgeHello } from "../php-bars.ts";
import { machine, table, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";
import type { Keep } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

const CHILDREN = 4;
const SHIPPED = "nginx as shipped";

/** Connections of the clients of the hello page: one below and one far above what PHP takes at once. */
const HELLO_CONNECTIONS = [6, 64];
const DOKUWIKI_CONNECTIONS = 16;

/** Where a server is started. */
interface Place {
  readonly id: string;
  readonly port: number;
  /** Its PHP-FPM's. */
  readonly socket: string;
  /** The document root. */
  readonly root: string;
}

interface Contender {
  readonly name: string;
  /** How it reaches PHP. */
  readonly upstream: string;
  start(place: Place): Promise<Program>;
}

/** The "hello" page and a page of DokuWiki: our proxy beside whatever else people put in front of PHP, each with its own PHP-FPM. */
export async function benchPhp(options: { rounds: number; seconds: number; write: boolean }): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  await withPrograms(async (folder, keep) => {
    const site = join(folder, "site");
    cpSync(join(import.meta.dirname, "../../fixtures/site"), site, { recursive: true });
    const contenders = contendersIn(folder);
    const bars: Bar[] = [];
    const tables: string[] = [];
    const run = async (title: string, rows: readonly Row[], connections: number, judge: typeof judgeHello) => {
      const results = await measure(wrk, rows, { ...options, connections });
      bars.push(...judge(results, connections));
      tables.push(`${title}, ${connections} keep-alive connections.`, table(results));
      process.stderr.write(`${title}, ${connections} connections\n`);
    };
    // Started anew for each load: some do not survive one.
    for (const connections of HELLO_CONNECTIONS) {
      const hello = await start(contenders, { folder, keep, root: site, page: "/index.php" });
      await run("The hello page", hello, connections, judgeHello);
    }
    const inFront = contenders.filter(({ name }) => name === OURS || name.startsWith("nginx"));
    const wiki = { folder, keep, root: stageDokuWiki(folder), page: "/doku.php?id=start" };
    await run("The start page of DokuWiki", await start(inFront, wiki), DOKUWIKI_CONNECTIONS, judgeDokuWiki);
    const text = [
      `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
      barTable(bars),
      `Medians of ${options.rounds} interleaved rounds of ${options.seconds} s. Each server has its own PHP-FPM of ${CHILDREN} children; CPU is the server's alone. nginx with fastcgi_keep_conn holds a connection to each child, and whoever has none of these waits until one breaks: with 64 clients a few are served and the others hardly at all, so that its p99 is that of the few.`,
      ...tables,
    ].join("\n\n");
    console.log(text);
    if (options.write) writeSection("PHP", text);
    failWhenMissed(bars);
  });
}

/** Starts each of them with a PHP-FPM of its own. */
async function start(
  contenders: readonly Contender[],
  { folder, keep, root, page }: { folder: string; keep: Keep; root: string; page: string },
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, upstream, start } of contenders) {
    const port = await freePort();
    const id = `server${port}`;
    await keep(startPhpFpm(folder, id, { children: CHILDREN }));
    const { pid } = await keep(start({ id, port, socket: join(folder, `${id}.sock`), root }));
    const url = `http://127.0.0.1:${port}${page}`;
    rows.push({ name, upstream, url, pid, ...(name === SHIPPED ? {} : { against: SHIPPED }) });
  }
  return rows;
}

function contendersIn(folder: string): Contender[] {
  const proxy = installProxy(folder);
  const ours =
    (more: object): Contender["start"] =>
    ({ id, port, socket, root }) =>
      startProxy(proxy, folder, id, port, {
        root,
        upstreams: { php: { addresses: [`unix:${socket}`], ...more } },
        routes: [{ php: "php" }],
      });
  const nginx =
    (keepAlive: number): Contender["start"] =>
    ({ id, port, socket, root }) =>
      startNginx(folder, id, { port, socket, root, keepAlive });
  const npm =
    (file: string): Contender["start"] =>
    ({ port, socket, root }) =>
      startProgram(
        process.execPath,
        [join(import.meta.dirname, `../npm-gateways/${file}.ts`), String(port), socket, root],
        { port, host: "127.0.0.1" },
        { ...process.env, NODE_ENV: "production" },
      );
  return [
    { name: SHIPPED, upstream: "a connection a request", start: nginx(0) },
    { name: OURS, upstream: `capacity ${CHILDREN} = pm.max_children`, start: ours({ capacity: CHILDREN }) },
    { name: `${OURS}, nothing configured`, upstream: "capacity unknown", start: ours({}) },
    { name: "nginx, fastcgi_keep_conn", upstream: `keepalive ${CHILDREN}`, start: nginx(CHILDREN) },
    {
      name: "Apache mod_proxy_fcgi",
      upstream: "as shipped",
      start: ({ id, port, socket, root }) => startApache(folder, id, { port, socket, root }),
    },
    {
      name: "Caddy php_fastcgi",
      upstream: "as shipped",
      start: ({ id, port, socket, root }) => startCaddy(folder, id, { port, socket, root }),
    },
    { name: "express-php-fpm", upstream: "as its README says", start: npm("express-php-fpm") },
    { name: "node-phpfpm", upstream: "as its README says", start: npm("node-phpfpm") },
    { name: "WebAssembly PHP 8.4", upstream: "in process, no FPM", start: npm("php-wasm") },
  ];
}
