import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { buildGo, startGo } from "interop/peers/go";
import { startPhpFpm } from "interop/peers/php-fpm";
import { freePort, requireProgram } from "interop/program";

import { type Result, type Row, measure } from "../measure.ts";
import { machine, table, writeSection } from "../report.ts";
import { type Keep, withPrograms } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

const CHILDREN = 4;

/** So many times the requests a second of CGI that FastCGI must bring. */
const AT_LEAST = 20;

const HANDLER = `const body = "Hello from Node.\\n".repeat(61).slice(0, 1024);
export default () => new Response(body, { headers: { "content-type": "text/plain", "content-length": "1024" } });
`;

/** The same page as CGI, as FastCGI and in the server's own process: what each kind costs, server and application together. */
export async function benchKinds(options: {
  rounds: number;
  seconds: number;
  connections: number;
  write: boolean;
}): Promise<void> {
  const wrk = requireProgram(["wrk"], "wrk");
  await withPrograms(async (folder, keep) => {
    const results = await measure(wrk, await start(folder, keep), options);
    const verdicts = [
      verdict(results, "FastCGI, Go, pooled", "CGI, Go"),
      verdict(results, "FastCGI, PHP-FPM", "CGI, php-cgi"),
    ];
    const text = [
      `${new Date().toISOString().slice(0, 10)}, ${machine()}`,
      `x-proxy in front of all, on ${options.connections} keep-alive connections; medians of ${options.rounds} interleaved rounds of ${options.seconds} s; CPU is that of server and application together, by the kernel's accounting; answers of 1 KiB. Ratios are to CGI.`,
      table(results),
      verdicts.map(({ text }) => text).join("\n"),
    ].join("\n\n");
    console.log(text);
    if (options.write) writeSection("Kinds", text);
    if (!verdicts.every(({ holds }) => holds)) process.exitCode = 1;
  });
}

function verdict(results: readonly Result[], name: string, against: string): { text: string; holds: boolean } {
  const [fast, slow] = [name, against].map((it) => results.find((result) => result.name === it)?.requestsPerSecond);
  const ratio = (fast ?? 0) / (slow ?? Infinity);
  const failed = results.some(({ failures, died }) => failures > 0 || died);
  const holds = ratio >= AT_LEAST && !failed;
  return {
    text: `${name} has ${ratio.toFixed(1)} times the requests/s of ${against}; wanted: ${AT_LEAST}. ${holds ? "Holds." : "BROKEN."}`,
    holds,
  };
}

async function start(folder: string, keep: Keep): Promise<Row[]> {
  const site = join(folder, "site");
  cpSync(join(import.meta.dirname, "../../fixtures/site"), site, { recursive: true });
  const go = buildGo(folder);
  chmodSync(go, 0o755); // started as root, CGI programs run as another user
  const handler = join(folder, "handler.mjs");
  writeFileSync(handler, HANDLER);
  const proxy = installProxy(folder);

  const row = async (
    name: string,
    upstream: string,
    configuration: object,
    applications: readonly number[],
    against?: string,
  ): Promise<Row> => {
    const port = await freePort();
    const id = name.replaceAll(/\W+/g, "-");
    const { pid } = await keep(startProxy(proxy, folder, id, port, { root: site, ...configuration }));
    const url = `http://127.0.0.1:${port}/index.php`;
    return { name, upstream, url, pid, applications, ...(against === undefined ? {} : { against }) };
  };
  const goRow = async (name: string, socket: string, more: object): Promise<Row> => {
    const path = join(folder, socket);
    const { pid } = await keep(startGo(go, path, { bench: true }));
    const upstreams = { app: { addresses: [`unix:${path}`], ...more } };
    const routes = [{ fastcgi: { upstream: "app" } }];
    return row(name, JSON.stringify(more).replaceAll(/[{}"]/g, ""), { upstreams, routes }, [pid], "CGI, Go");
  };
  const phpCgi = requireProgram(["php-cgi8.2", "php-cgi"], "php-cgi");
  const fpm = await keep(startPhpFpm(folder, "fpm", { children: CHILDREN }));
  const script = { SCRIPT_FILENAME: join(site, "index.php") };
  return [
    await row("CGI, Go", "a process each", { routes: [{ cgi: { program: go } }] }, []),
    await goRow("FastCGI, Go, pooled", "pooled.sock", { capacity: 64 }),
    await goRow("FastCGI, Go, multiplexed", "multiplexed.sock", { capacity: 64, multiplex: 32 }),
    await row("handler, Node", "in the server", { routes: [{ handler }] }, [], "CGI, Go"),
    await row(
      "CGI, php-cgi",
      "a process each",
      { routes: [{ mount: "/index.php", cgi: { program: phpCgi, environment: script } }] },
      [],
    ),
    await row(
      "FastCGI, PHP-FPM",
      `capacity: ${CHILDREN}`,
      { upstreams: { app: { addresses: [fpm.address], capacity: CHILDREN } }, routes: [{ php: "app" }] },
      [fpm.pid],
      "CGI, php-cgi",
    ),
  ];
}
