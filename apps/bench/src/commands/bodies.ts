import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { freePort } from "interop/free-port";
import { startNginx } from "interop/peers/nginx";
import { startPhpFpm } from "interop/peers/php-fpm";
import type { PhpFpm } from "interop/peers/php-fpm";
import type { Program } from "interop/program";

import { barTable, failWhenMissed } from "../bar.ts";
import type { Bar } from "../bar.ts";
import { driveBody, startSlowClients } from "../drive.ts";
import { FootprintWatch } from "../footprint.ts";
import type { Footprint } from "../footprint.ts";
import { GoodClient } from "../good-client.ts";
import { machine, markdownTable, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

const CHILDREN = 4;
const BYTES = 2 ** 30;
const SLOW_CLIENTS = 500;
/** Seconds that the slow clients are kept once all are in place. */
const SLOW_SECONDS = 10;
/** MiB of memory that a server of ours may take more than when it is idle. */
const BAR = 64;

/** A server in front of a PHP-FPM of its own, started anew for each row: memory that a process has taken it seldom gives back. */
interface Contender {
  name: string;
  ours: boolean;
  fpm: PhpFpm;
  start(): Promise<Server>;
}

interface Server {
  pid: number;
  /** Of the site. */
  url: string;
  /** Where it listens besides. */
  path: string;
  stop(): Promise<void>;
}

interface Row extends Footprint {
  ours: boolean;
  cells: readonly string[];
  /** Why the row is no good. */
  failure?: string | undefined;
  /** PHP workers that slow clients hold. */
  held?: number;
}

/** Large bodies and slow clients: our proxy beside nginx, each with its own PHP-FPM. */
export async function benchBodies(options: { write: boolean }): Promise<void> {
  await withPrograms(async (folder, keep) => {
    const contenders: Contender[] = [];
    const site = join(folder, "site");
    cpSync(join(import.meta.dirname, "../../fixtures/bodies"), site, { recursive: true });
    const proxy = installProxy(folder);
    const contender = async (name: string, run: (at: Place) => Promise<Program>): Promise<void> => {
      const id = `server${contenders.length}`;
      const settings = ["php_admin_value[post_max_size] = 0", "php_admin_value[max_execution_time] = 0"];
      const fpm = await keep(startPhpFpm(folder, id, { children: CHILDREN, status: true, settings }));
      const start = async (): Promise<Server> => {
        const place = {
          id,
          port: await freePort(),
          path: join(folder, `${id}-http.sock`),
          socket: join(folder, `${id}.sock`),
        };
        const program = await keep(run(place));
        return { ...place, pid: program.pid, url: `http://127.0.0.1:${place.port}`, stop: () => program.stop() };
      };
      contenders.push({ name, ours: name.startsWith("x-proxy"), fpm, start });
    };
    await contender("nginx as shipped", ({ id, port, path, socket }) =>
      startNginx(folder, id, { port, socket, root: site, keepAlive: 0, listenPath: path, maxBody: "0" }),
    );
    const spool = join(folder, "spool");
    mkdirSync(spool);
    // Started by root, what writes into it is another user.
    chmodSync(spool, 0o1777);
    await contender("x-proxy", ({ id, port, path, socket }) =>
      startProxy(proxy, folder, id, port, {
        listen: [`127.0.0.1:${port}`, `unix:${path}`],
        root: site,
        upstreams: { php: { addresses: [`unix:${socket}`], capacity: CHILDREN } },
        routes: [{ php: "php" }],
        limits: { body: false, spool: { folder: spool, quota: 4 * BYTES } },
      }),
    );
    const bodies = await each(contenders, ["upload", "chunked", "download"], largeBody);
    const slow = await each(contenders, ["posters", "readers"], slowClients);
    const bars = judge([...bodies, ...slow]);
    const text = report(bodies, slow, bars);
    console.log(text);
    if (options.write) writeSection("Bodies", text);
    for (const { failure, cells } of [...bodies, ...slow]) {
      if (failure !== undefined) console.error(`${cells[0]}, ${cells[1]}: ${failure}`);
    }
    failWhenMissed(bars);
  });
}

/** The verdicts on our own rows. */
function judge(rows: readonly Row[]): Bar[] {
  const ours = rows.filter((row) => row.ours);
  const peak = Math.max(...ours.map((row) => row.peak));
  const held = Math.max(...ours.map((row) => row.held ?? 0));
  const failed = ours.filter(({ failure }) => failure !== undefined).length;
  return [
    {
      what: "memory of x-proxy above idle, in any row",
      wanted: `≤ ${BAR} MiB`,
      measured: `${peak.toFixed(1)} MiB`,
      holds: peak <= BAR,
    },
    { what: "PHP workers that slow clients hold", wanted: "0", measured: String(held), holds: held === 0 },
    {
      what: "rows with a body that is not whole, or a good request that failed",
      wanted: "0",
      measured: String(failed),
      holds: failed === 0,
    },
  ];
}

interface Place {
  id: string;
  port: number;
  path: string;
  /** The application's. */
  socket: string;
}

async function each<Kind extends string>(
  contenders: readonly Contender[],
  kinds: readonly Kind[],
  measure: (contender: Contender, server: Server, kind: Kind) => Promise<Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of kinds) {
    for (const contender of contenders) {
      const server = await contender.start();
      try {
        await warmUp(server);
        rows.push(await measure(contender, server, kind));
      } finally {
        await server.stop();
      }
      process.stderr.write(`${contender.name}: ${kind}\n`);
    }
  }
  return rows;
}

async function warmUp({ url }: Server): Promise<void> {
  for (let count = 0; count < 50; count++) await (await fetch(`${url}/index.php`)).text();
}

const CASES = { upload: "upload", chunked: "upload, chunked", download: "download" };

async function largeBody({ name, ours }: Contender, server: Server, kind: keyof typeof CASES): Promise<Row> {
  const watch = new FootprintWatch(server.pid);
  const path = kind === "download" ? `/emit.php?bytes=${BYTES}` : "/count.php";
  const { seconds, bytes, status } = await driveBody(kind, BYTES, `${server.url}${path}`);
  const footprint = watch.stop();
  const failure = bytes === BYTES ? undefined : `${bytes} of ${BYTES} bytes, status ${status}`;
  const speed = (bytes / 2 ** 20 / seconds).toFixed(0);
  return { ...footprint, ours, failure, cells: [name, CASES[kind], speed, seconds.toFixed(1), ...memory(footprint)] };
}

async function slowClients({ name, ours, fpm }: Contender, server: Server, kind: "posters" | "readers"): Promise<Row> {
  const watch = new FootprintWatch(server.pid);
  const good = new GoodClient(`${server.url}/index.php`);
  const clients = await startSlowClients(kind, SLOW_CLIENTS, server.path);
  await delay(SLOW_SECONDS * 1_000);
  const { median, slowest, failures } = await good.stop();
  const held = await workersHeld(fpm);
  const footprint = watch.stop();
  const cut = await clients.stop();
  const failure = held === 0 && failures === 0 ? undefined : `${held} workers held, ${failures} good requests failed`;
  const fared = [median.toFixed(1), slowest.toFixed(0), String(failures)];
  return {
    ...footprint,
    ours,
    failure,
    held,
    cells: [name, `${SLOW_CLIENTS} slow ${kind}`, String(held), String(cut), ...memory(footprint), ...fared],
  };
}

/** Workers that do not come free within five seconds in which nobody else asks anything, by FPM's own page. */
async function workersHeld(fpm: PhpFpm): Promise<number> {
  let least = CHILDREN;
  for (let look = 0; look < 100 && least > 0; look++) {
    least = Math.min(least, (await fpm.status())["active processes"]);
    await delay(50);
  }
  return least;
}

function memory({ idle, peak, spool }: Footprint): string[] {
  return [idle.toFixed(0), `+${peak.toFixed(1)}`, spool.toFixed(0)];
}

function report(bodies: readonly Row[], slow: readonly Row[], bars: readonly Bar[]): string {
  const sizes = ["idle MiB", "peak MiB", "spool MiB"];
  return [
    `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
    barTable(bars),
    `Bodies of 1 GiB; each server with a PHP-FPM of its own (${CHILDREN} children), and started anew for each row. Memory is the server's by the kernel's accounting, its peak over what it takes when idle; spool is what waits in files without a name. Limits on bodies are off, x-proxy's spool quota is 4 GiB.`,
    markdownTable(
      ["server", "body", "MiB/s", "s", ...sizes],
      bodies.map(({ cells }) => cells),
      2,
    ),
    `${SLOW_CLIENTS} slow clients for ${SLOW_SECONDS} s: posters send 100 kB of 1 MB at once and then 600 bytes a second; readers ask for 1 MiB and read a piece a second. They connect over a UNIX socket, whose buffers are as small as those of a slow network client: on TCP of the same machine the kernel would take 4 MiB for each. Meanwhile a good client asks for a small page twenty times a second. Held are the PHP workers that do not come free when the good client has stopped.`,
    markdownTable(
      ["server", "clients", "workers held", "cut", ...sizes, "good median ms", "slowest ms", "failed"],
      slow.map(({ cells }) => cells),
      2,
    ),
  ].join("\n\n");
}
