import { chmodSync, cpSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "interop/free-port";
import { buildGo, startGo } from "interop/peers/go";
import { startNginx } from "interop/peers/nginx";
import { startPhpFpm } from "interop/peers/php-fpm";
import { requireProgram } from "interop/program";

import { measure } from "../measure.ts";
import type { Row } from "../measure.ts";
import { machine, table, writeSection } from "../report.ts";
import { withPrograms } from "../with-programs.ts";
import type { Keep } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

const CHILDREN = 4;

/**
 * Our proxy beside nginx, each in front of its own copy of one multiplexing Go program and its own
 * PHP-FPM (on a shared one the idle connections of one would starve the other).
 */
export async function benchProxy(options: {
  rounds: number;
  seconds: number;
  connections: number;
  write: boolean;
}): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  await withPrograms(async (folder, keep) => {
    const results = await measure(wrk, await start(folder, keep), options);
    const text = [
      `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
      `${options.connections} keep-alive connections, medians of ${options.rounds} interleaved rounds of ${options.seconds} s; CPU is the server process's own, by the kernel's accounting; answers of 1 KiB; no access log on either side.`,
      table(results),
    ].join("\n\n");
    console.log(text);
    if (options.write) writeSection("Proxy", text);
  });
}

async function start(folder: string, keep: Keep): Promise<Row[]> {
  const site = join(folder, "site");
  cpSync(join(import.meta.dirname, "../../fixtures/site"), site, { recursive: true });
  const socket = (name: string): string => join(folder, `${name}.sock`);

  const go = buildGo(folder);
  for (const name of ["go-nginx", "go-pooled", "go-multiplexed"]) {
    await keep(startGo(go, socket(name), { bench: true }));
    chmodSync(socket(name), 0o666); // nginx's worker is another user
  }
  for (const name of ["fpm-nginx", "fpm-nginx-shipped", "fpm-capacity", "fpm-unknown"])
    await keep(startPhpFpm(folder, name, { children: CHILDREN }));

  const proxy = installProxy(folder);
  const nginx = async (
    name: string,
    upstream: string,
    application: string,
    keepAlive: number,
    path: string,
  ): Promise<Row> => {
    const at = await freePort();
    const options = { port: at, socket: socket(application), root: site, keepAlive };
    const program = await keep(startNginx(folder, application, options));
    return { name, upstream, url: `http://127.0.0.1:${at}${path}`, pid: program.pid };
  };
  const ours = async (
    name: string,
    upstream: string,
    application: string,
    route: object,
    more: object,
    against: string,
  ): Promise<Row> => {
    const at = await freePort();
    const configuration = {
      root: site,
      upstreams: { app: { addresses: [`unix:${socket(application)}`], ...more } },
      routes: [route],
    };
    const program = await keep(startProxy(proxy, folder, application, at, configuration));
    return {
      name,
      upstream,
      url: `http://127.0.0.1:${at}${"php" in route ? "/index.php" : "/"}`,
      pid: program.pid,
      against,
    };
  };
  const anyPath = { fastcgi: { upstream: "app" } };
  const php = { php: "app" };
  return [
    await nginx("nginx", "Go, keepalive 32", "go-nginx", 32, "/"),
    await ours("x-proxy, pooled", "Go, capacity 64", "go-pooled", anyPath, { capacity: 64 }, "nginx"),
    await ours(
      "x-proxy, multiplexed",
      "Go, capacity 64, multiplex 32",
      "go-multiplexed",
      anyPath,
      { capacity: 64, multiplex: 32 },
      "nginx",
    ),
    await nginx(
      "nginx, fastcgi_keep_conn",
      `PHP-FPM, ${CHILDREN} children, keepalive ${CHILDREN}`,
      "fpm-nginx",
      CHILDREN,
      "/index.php",
    ),
    await ours(
      "x-proxy, capacity known",
      `PHP-FPM, capacity ${CHILDREN} = pm.max_children`,
      "fpm-capacity",
      php,
      { capacity: CHILDREN },
      "nginx, fastcgi_keep_conn",
    ),
    await nginx("nginx as shipped", `PHP-FPM, ${CHILDREN} children`, "fpm-nginx-shipped", 0, "/index.php"),
    await ours(
      "x-proxy, nothing configured",
      `PHP-FPM, ${CHILDREN} children`,
      "fpm-unknown",
      php,
      {},
      "nginx as shipped",
    ),
  ];
}
