import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort } from "interop/free-port";
import { startApacheFcgid, startApacheModPhp } from "interop/peers/apache-php";
import { buildGo, startGo } from "interop/peers/go";
import { startPhpFpm } from "interop/peers/php-fpm";
import { requireProgram, startProgram } from "interop/program";

import { type Bar, barTable, failWhenMissed } from "../bar.ts";
import { writeKindsPage } from "../kinds-page.ts";
import { type Result, type Row, measure } from "../measure.ts";
import { machine, table, writeSection } from "../report.ts";
import { type Keep, withPrograms } from "../with-programs.ts";
import { installProxy, startProxy } from "../x-proxy.ts";

const CHILDREN = 4;

/** So many times the requests a second of CGI that FastCGI must bring. */
const AT_LEAST = 20;

/** How the rows of Apache alone begin. */
const APACHE = "Apache, ";

/** The CPU time of SCGI may be so many times that of FastCGI with a connection for each request. */
const SCGI_AT_MOST = 1.15;

/** An application in Node: argv names what it speaks, and its socket. */
const APPLICATION = `import { createServer } from "node:http";
import { serve } from "@x/responder";
const [kind, path] = process.argv.slice(2);
const body = "Hello from Node.\\n".repeat(61).slice(0, 1024);
const headers = { "content-type": "text/plain", "content-length": "1024" };
if (kind === "http") createServer((request, response) => response.writeHead(200, headers).end(body)).listen(Number(path), "127.0.0.1");
else serve({ listen: (kind === "scgi" ? "scgi+unix:" : "unix:") + path, mode: 0o666, handler: (request, response) => { response.writeHead(200, headers); response.end(body); } });
`;

const HOP = (port: number): string =>
  `export default (request) => fetch("http://127.0.0.1:${port}" + new URL(request.url).pathname, { method: request.method, headers: request.headers });\n`;

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
    const bars = judge(results);
    const measured = `${new Date().toISOString().slice(0, 10)}, ${machine()}`;
    const method = `x-proxy in front of all but Apache's own, on ${options.connections} keep-alive connections; medians of ${options.rounds} interleaved rounds of ${options.seconds} s; CPU is that of server and application together, by the kernel's accounting; answers of 1 KiB.`;
    const text = [measured, `${method} Ratios are to CGI.`, table(results), barTable(bars)].join("\n\n");
    console.log(text);
    if (options.write) {
      writeSection("Kinds", text);
      writeKindsPage(results, `${measured} ${method}`);
    }
    failWhenMissed(bars);
  });
}

function judge(results: readonly Result[]): Bar[] {
  const of = (name: string): Result => {
    const found = results.find((result) => result.name === name);
    if (found === undefined) throw new Error(`There is no row ${name}.`);
    return found;
  };
  const rate = (name: string, against: string, least: number): Bar => {
    const ratio = of(name).requestsPerSecond / of(against).requestsPerSecond;
    return {
      what: `${name}: requests/s of ${against}`,
      wanted: `≥ ${least.toFixed(1)}×`,
      measured: `${ratio.toFixed(2)}×`,
      holds: ratio >= least,
    };
  };
  const scgi = of("SCGI, Node").cpuPerRequest / of("FastCGI, Node, unpooled").cpuPerRequest;
  const failed = results.filter(({ failures, died }) => failures > 0 || died);
  const ours = failed.filter(({ name }) => !name.startsWith(APACHE)).map(({ name }) => name);
  // What Apache does not serve is not for us to answer for, but belongs beside its figures.
  const theirs = failed
    .filter(({ name }) => name.startsWith(APACHE))
    .map(({ name, failures }) => `${name} ${failures}`);
  return [
    rate("FastCGI, Go, pooled", "CGI, Go", AT_LEAST),
    rate("FastCGI, PHP-FPM", "CGI, php-cgi", AT_LEAST),
    {
      what: "SCGI, Node: CPU of FastCGI, Node, unpooled",
      wanted: `≤ ${SCGI_AT_MOST}×`,
      measured: `${scgi.toFixed(2)}×`,
      holds: scgi <= SCGI_AT_MOST,
    },
    rate("FastCGI, PHP-FPM", "Apache, mod_fcgid", 1),
    rate("FastCGI, managed PHP-FPM", "Apache, mod_fcgid", 1),
    {
      what: "failed requests behind x-proxy",
      wanted: "none",
      measured: `${ours.length === 0 ? "none" : ours.join(", ")}${theirs.length === 0 ? "" : ` (Apache's own: ${theirs.join(", ")})`}`,
      holds: ours.length === 0,
    },
  ];
}

async function start(folder: string, keep: Keep): Promise<Row[]> {
  const site = join(folder, "site");
  cpSync(join(import.meta.dirname, "../../fixtures/site"), site, { recursive: true });
  const go = buildGo(folder);
  chmodSync(go, 0o755); // started as root, CGI programs run as another user
  const handler = join(folder, "handler.mjs");
  writeFileSync(handler, HANDLER);
  const proxy = installProxy(folder, ["responder"]);
  const application = join(folder, "installed", "application.mjs");
  writeFileSync(application, APPLICATION);

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
    chmodSync(path, 0o666); // the proxy is another user, when root starts it
    const upstreams = { app: { addresses: [`unix:${path}`], ...more } };
    const routes = [{ fastcgi: { upstream: "app" } }];
    return row(name, JSON.stringify(more).replaceAll(/[{}"]/g, ""), { upstreams, routes }, [pid], "CGI, Go");
  };
  const nodeRow = async (name: string, kind: "fastcgi" | "scgi", more: object): Promise<Row> => {
    const path = join(folder, `${name.replaceAll(/\W+/g, "-")}.sock`);
    const { pid } = await keep(startProgram(process.execPath, [application, kind, path], { path }));
    const address = kind === "scgi" ? `scgi+unix:${path}` : `unix:${path}`;
    const upstreams = { app: { addresses: [address], ...more } };
    const routes = [{ fastcgi: { upstream: "app" } }];
    return row(name, JSON.stringify(more).replaceAll(/[{}"]/g, ""), { upstreams, routes }, [pid], "CGI, Go");
  };
  const hopPort = await freePort();
  const hopArgs = [application, "http", String(hopPort)];
  const hop = await keep(startProgram(process.execPath, hopArgs, { port: hopPort, host: "127.0.0.1" }));
  const hopHandler = join(folder, "hop.mjs");
  writeFileSync(hopHandler, HOP(hopPort));
  const apacheRow = async (name: string, upstream: string, begin: typeof startApacheModPhp): Promise<Row> => {
    const port = await freePort();
    const id = name.replaceAll(/\W+/g, "-");
    const { pid } = await keep(begin(folder, id, { port, root: site, children: CHILDREN }));
    const url = `http://127.0.0.1:${port}/index.php`;
    // All of it is Apache's child, PHP too; mod_fcgid has a manager between.
    return { name, upstream, url, pid, applications: [], against: "CGI, php-cgi" };
  };
  const phpCgi = requireProgram(["php-cgi8.2", "php-cgi"], "php-cgi");
  const fpm = await keep(startPhpFpm(folder, "fpm", { children: CHILDREN }));
  const script = { SCRIPT_FILENAME: join(site, "index.php") };
  return [
    await row("CGI, Go", "a process each", { routes: [{ cgi: { program: go } }] }, []),
    await goRow("FastCGI, Go, pooled", "pooled.sock", { capacity: 64 }),
    await goRow("FastCGI, Go, multiplexed", "multiplexed.sock", { capacity: 64, multiplex: 32 }),
    await nodeRow("FastCGI, Node, unpooled", "fastcgi", {}),
    await nodeRow("FastCGI, Node, multiplexed", "fastcgi", { capacity: 64, multiplex: 32 }),
    await nodeRow("SCGI, Node", "scgi", {}),
    await row("HTTP hop, Node", "fetch", { routes: [{ handler: hopHandler }] }, [hop.pid], "CGI, Go"),
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
    await row(
      "FastCGI, managed PHP-FPM",
      `capacity: ${CHILDREN}`,
      {
        upstreams: { app: { capacity: CHILDREN } },
        processes: { app: { kind: "php-fpm", upstream: "app" } },
        routes: [{ php: "app" }],
      },
      [], // its children
      "CGI, php-cgi",
    ),
    await apacheRow("Apache, mod_php", "in the server", startApacheModPhp),
    await apacheRow("Apache, mod_fcgid", `${CHILDREN} php-cgi`, startApacheFcgid),
  ];
}
