import { cpSync } from "node:fs";
import { join } from "node:path";

import { startApache } from "interop/peers/apache";
import { startCaddy } from "interop/peers/caddy";
import { startNginx } from "interop/peers/nginx";
import { startPhpFpm } from "interop/peers/php-fpm";
import { freePort, requireProgram, startProgram } from "interop/program";
import type { Program } from "interop/program";

import { measure } from "../measure.ts";
import type { Row } from "../measure.ts";
import { machine, table, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";
import type { Keep } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

const CHILDREN = 4;

/** The "hello" page: our proxy beside whatever else people put in front of PHP, each with its own PHP-FPM. */
export async function benchPhp(options: { rounds: number; seconds: number; write: boolean }): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  await withPrograms(async (folder, keep) => {
    const rows = await start(folder, keep);
    const parts = [`${new Date().toISOString().slice(0, 10)}, ${machine()}`];
    for (const connections of [6, 64]) {
      const results = await measure(wrk, rows, { ...options, connections });
      parts.push(
        `${connections} keep-alive connections, medians of ${options.rounds} interleaved rounds of ${options.seconds} s. Each server has its own PHP-FPM of ${CHILDREN} children; CPU is the server's alone.`,
        table(results),
      );
    }
    const text = parts.join("\n\n");
    console.log(text);
    if (options.write) writeSection("PHP", text);
  });
}

async function start(folder: string, keep: Keep): Promise<Row[]> {
  const site = join(folder, "site");
  cpSync(join(import.meta.dirname, "../../fixtures/site"), site, { recursive: true });
  const proxy = installProxy(folder);
  const rows: Row[] = [];

  /** A server with a PHP-FPM of its own. */
  const row = async (
    name: string,
    upstream: string,
    run: (at: { id: string; port: number; socket: string }) => Promise<Program>,
    against?: string,
  ): Promise<void> => {
    const id = `server${rows.length}`;
    await keep(startPhpFpm(folder, id, { children: CHILDREN }));
    const port = await freePort();
    const { pid } = await keep(run({ id, port, socket: join(folder, `${id}.sock`) }));
    const url = `http://127.0.0.1:${port}/index.php`;
    rows.push({ name, upstream, url, pid, ...(against === undefined ? {} : { against }) });
  };
  const ours =
    (more: object) =>
    ({ id, port, socket }: { id: string; port: number; socket: string }) =>
      startProxy(proxy, folder, id, port, {
        root: site,
        upstreams: { php: { addresses: [`unix:${socket}`], ...more } },
        routes: [{ php: "php" }],
      });
  const npm =
    (file: string) =>
    ({ port, socket }: { port: number; socket: string }) =>
      startProgram(
        process.execPath,
        [join(import.meta.dirname, `../npm-gateways/${file}.ts`), String(port), socket, site],
        { port, host: "127.0.0.1" },
        { ...process.env, NODE_ENV: "production" },
      );

  const shipped = "nginx as shipped";
  await row(shipped, "a connection a request", ({ id, port, socket }) =>
    startNginx(folder, id, { port, socket, root: site, keepAlive: 0 }),
  );
  await row("x-proxy", `capacity ${CHILDREN} = pm.max_children`, ours({ capacity: CHILDREN }), shipped);
  await row("x-proxy, nothing configured", "capacity unknown", ours({}), shipped);
  await row(
    "nginx, fastcgi_keep_conn",
    `keepalive ${CHILDREN}`,
    ({ id, port, socket }) => startNginx(folder, id, { port, socket, root: site, keepAlive: CHILDREN }),
    shipped,
  );
  await row(
    "Apache mod_proxy_fcgi",
    "as shipped",
    ({ id, port, socket }) => startApache(folder, id, { port, socket, root: site }),
    shipped,
  );
  await row(
    "Caddy php_fastcgi",
    "as shipped",
    ({ id, port, socket }) => startCaddy(folder, id, { port, socket, root: site }),
    shipped,
  );
  await row("express-php-fpm", "as its README says", npm("express-php-fpm"), shipped);
  await row("node-phpfpm", "as its README says", npm("node-phpfpm"), shipped);
  await row("WebAssembly PHP 8.4", "in process, no FPM", npm("php-wasm"), shipped);
  return rows;
}
