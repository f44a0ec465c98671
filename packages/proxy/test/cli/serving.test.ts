import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { listPhp } from "../../src/processes/php-program.ts";
import { freePort } from "../support/free-port.ts";
import { needs } from "../support/needs.ts";
import { gone, isAlive } from "../support/processes.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { RawClient } from "../support/raw-client.ts";
import { type BackendRequest, ScriptedBackend } from "../support/scripted-backend.ts";
import { stagedNode } from "../support/staged-node.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const LISTENER = fileURLToPath(new URL("../support/listener.mjs", import.meta.url));
const ANY_PORT = ["--listen", "127.0.0.1:0"];
const HELLO = "Content-Type: text/plain\r\n\r\nhello";

/** A site with one script. */
function site(): string {
  const folder = join(temporaryFolder(), "site");
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, "index.php"), "<?php echo getmypid();", { mode: 0o644 });
  writeFileSync(join(folder, "style.css"), "a{}", { mode: 0o644 });
  return folder;
}

const get = (port: number, path = "/index.php"): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);

/** A site with a command and, where there is one, a php-fpm, each on its own socket; all that is left of it is in one folder. */
function managed(deeds: readonly string[] = []): { folder: string; config: string; sockets: string[] } {
  const folder = temporaryFolder();
  const root = site();
  const script = join(folder, "listener.mjs");
  writeFileSync(script, readFileSync(LISTENER), { mode: 0o644 });
  const app = join(folder, "app", "app.sock");
  const php = join(folder, "php", "php.sock");
  const withPhp = hasPhpFpm();
  const config = {
    root,
    upstreams: {
      app: { addresses: [`unix:${app}`] },
      ...(withPhp ? { php: { addresses: [`unix:${php}`], capacity: 2 } } : {}),
    },
    processes: {
      app: { kind: "command", command: [stagedNode(folder), script, app, ...deeds], cwd: folder, upstream: "app" },
      ...(withPhp ? { php: { kind: "php-fpm", upstream: "php" } } : {}),
    },
    routes: withPhp ? [{ php: "php" }] : [{ static: true }],
  };
  const file = join(folder, "x.config.json");
  writeFileSync(file, JSON.stringify(config));
  return { folder, config: file, sockets: withPhp ? [app, php] : [app] };
}

function hasPhpFpm(): boolean {
  const found = listPhp("php-fpm").length > 0;
  if (!found && process.env["CI"] === "true") throw new Error("php-fpm is needed here");
  return found;
}

/** Process ids of the applications, from what a verbose proxy says. */
async function applications(program: ProxyProgram, count: number): Promise<number[]> {
  await program.line(new RegExp(`(: process \\d+ listens on [^]*){${count}}`));
  await program.port();
  return [...program.stdout.matchAll(/: process (\d+) listens on/g)].map(([, pid]) => Number(pid));
}

/** Runs a command on a terminal of its own. Its shell ($SHELL, whatever that is) makes place: Ctrl-C would end it beside the command. */
const onTerminal = (command: readonly string[]): readonly string[] => [
  "script",
  "--quiet",
  "--return",
  "--command",
  `exec ${command.join(" ")}`,
  "/dev/null",
];

describe("serving a folder", () => {
  test("without PHP: files, and a word about the scripts", async () => {
    const root = site();
    const program = new ProxyProgram([root, ...ANY_PORT]);
    const port = await program.port();
    await program.line(
      /warning: .* has PHP files such as index\.php, which are not served without PHP: .* x-proxy serve \/.* --php auto/,
    );
    expect(await (await get(port, "/style.css")).text()).toBe("a{}");
    expect(await (await get(port)).text()).not.toContain("<?php");
    expect(program.stdout).toContain(`  root     ${root}\n`);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("[f06] PHP that is not there yet: one warning with what to do, 502, and then it comes", async () => {
    const backend = new ScriptedBackend((request) => request.end(HELLO), 1);
    onTestFinished(() => backend.stop());
    const program = new ProxyProgram([site(), "--php", backend.address, ...ANY_PORT]);
    const port = await program.port();
    await program.line(
      /php: nobody answers at unix:.*app\.sock \(there is no such socket\): start the application there; until then its requests get 502/,
    );
    expect((await get(port)).status).toBe(502);
    // The answer may be here before its line.
    await program.line(/: 502: /);
    expect((await get(port)).status).toBe(502);
    expect((await get(port, "/style.css")).status).toBe(200);
    await backend.start();
    expect(await (await get(port)).text()).toBe("hello");
    expect(program.stderr.match(/nobody answers/g)).toHaveLength(1);
    expect(program.stderr.match(/: 502: /g)).toHaveLength(1);
    expect(await program.signal("SIGTERM")).toBe(0);
    // What was held back is counted at the end.
    expect(program.stderr).toMatch(/: 1 more like this/);
  });

  test("--verbose has a line for each request, --json lines for machines alone", async () => {
    const program = new ProxyProgram([site(), "-v", "--json", ...ANY_PORT]);
    const port = await program.port();
    await get(port, "/style.css?q=%1b");
    await program.line(/"event":"request"/);
    await program.signal("SIGINT");
    const lines = program.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ event: "listening", addresses: [`http://127.0.0.1:${port}`] });
    expect(lines.find(({ event }) => event === "request")).toMatchObject({
      method: "GET",
      target: "/style.css?q=%1b",
      status: 200,
      complete: true,
    });
    expect(lines.map(({ event }) => event).slice(-2)).toEqual(["stopping", "stopped"]);
    expect(program.stderr).toBe("");
  });

  test("stdout and stderr that nobody reads any more bring nothing down", async () => {
    const program = new ProxyProgram([site(), "-v", ...ANY_PORT]);
    const port = await program.port();
    program.child.stdout?.destroy();
    program.child.stderr?.destroy();
    for (let i = 0; i < 20; i++) expect((await get(port, "/style.css")).status).toBe(200);
    expect(await program.signal("SIGTERM")).toBe(0);
  });

  test("several addresses, one of them a socket file, which goes at the end", async () => {
    const socket = join(temporaryFolder(), "http.sock");
    const program = new ProxyProgram([site(), ...ANY_PORT, "--listen", `unix:${socket}`]);
    await program.port();
    await program.line(new RegExp(`address  unix:${socket}`));
    expect(existsSync(socket)).toBe(true);
    expect(await program.signal("SIGTERM")).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });
});

test("[TJ14] the same thing started twice: the second ends with 1, the first is unharmed", async () => {
  const { config, sockets } = managed();
  const first = new ProxyProgram(["--config", config, "-v", ...ANY_PORT]);
  const pids = await applications(first, sockets.length);
  const port = await first.port();
  const runtime = readdirSync(first.runtime);
  const second = new ProxyProgram(["--config", config, "--listen", `127.0.0.1:${port}`], { runtime: first.runtime });
  expect(await second.exit()).toBe(1);
  expect(second.stderr).toMatch(/^x-proxy: another program listens on /);
  expect(readdirSync(first.runtime)).toEqual(runtime);
  expect(pids.map(isAlive)).toEqual(pids.map(() => true));
  expect((await get(port, "/style.css")).status).toBe(200);
  expect(sockets.map(existsSync)).toEqual(sockets.map(() => true));
  expect(await first.signal("SIGTERM")).toBe(0);
});

describe("[Q2] ending", () => {
  async function withRunningRequest(
    listen = ANY_PORT,
  ): Promise<{ program: ProxyProgram; client: RawClient; request: BackendRequest }> {
    const backend = await ScriptedBackend.listen(() => undefined);
    const program = new ProxyProgram([site(), "--php", backend.address, ...listen]);
    const client = new RawClient(await program.port()).write("GET /index.php HTTP/1.1\r\nHost: a\r\n\r\n");
    return { program, client, request: await backend.request(0) };
  }

  test("[f30] a running request is finished, and no new connection is taken", async () => {
    // One of those that the system gives could be somebody else's by then.
    const port = await freePort();
    const { program, client, request } = await withRunningRequest(["--listen", `127.0.0.1:${port}`]);
    program.child.kill("SIGTERM");
    await program.line(/SIGTERM: stopping, waiting for 1 request up to 30 s \(again: at once\)/);
    await expect(get(port)).rejects.toThrow("fetch failed");
    request.end(HELLO);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*hello/);
    expect(await program.exit()).toBe(0);
  });

  test("[f31] the second signal cuts it", async () => {
    const { program, client } = await withRunningRequest();
    program.child.kill("SIGINT");
    await program.line(/SIGINT: stopping/);
    program.child.kill("SIGTERM");
    expect(await client.closed()).toBe("");
    expect(await program.exit()).toBe(0);
    expect(program.stderr).toContain("SIGTERM again: stopping at once");
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`[f30] ${signal} leaves no process, no socket file, no folder`, async () => {
      const { config, sockets } = managed();
      const program = new ProxyProgram(["--config", config, "-v", ...ANY_PORT]);
      const pids = await applications(program, sockets.length);
      expect(pids.map(isAlive)).toEqual(pids.map(() => true));
      expect(sockets.map(existsSync)).toEqual(sockets.map(() => true));
      expect(await program.signal(signal)).toBe(0);
      expect(pids.map(isAlive)).toEqual(pids.map(() => false));
      expect(sockets.map(existsSync)).toEqual(sockets.map(() => false));
      expect(readdirSync(program.runtime)).toEqual([]);
    });
  }

  test("[f31] a terminal that is closed ends it in order, with all it started", async (context) => {
    needs(
      context,
      "script(1) of util-linux",
      process.platform === "linux" && spawnSync("script", ["--version"]).status === 0,
    );
    const { config, sockets } = managed();
    const program = new ProxyProgram(["--config", config, "-v", ...ANY_PORT], { wrapper: onTerminal });
    const pids = await applications(program, sockets.length);
    const proxy = parentOf(pids[0] ?? 0);
    expect(proxy).not.toBe(program.pid);
    program.child.kill("SIGKILL");
    await gone(proxy);
    expect(pids.map(isAlive)).toEqual(pids.map(() => false));
    expect(sockets.map(existsSync)).toEqual(sockets.map(() => false));
    expect(readdirSync(program.runtime)).toEqual([]);
  });

  test("[f31] Ctrl-C on the terminal reaches the proxy alone, which ends its applications in order", async (context) => {
    needs(
      context,
      "script(1) of util-linux",
      process.platform === "linux" && spawnSync("script", ["--version"]).status === 0,
    );
    const { config, sockets } = managed(["say-signals"]);
    const program = new ProxyProgram(["--config", config, "-v", ...ANY_PORT], { wrapper: onTerminal, stdin: "pipe" });
    await applications(program, sockets.length);
    program.child.stdin?.write("\u0003");
    await program.line(/SIGINT: stopping/);
    await program.line(/stopped/);
    expect(await program.exit()).toBe(0);
    expect(program.stdout).toContain("[app] SIGTERM came");
    expect(program.stdout).not.toContain("SIGINT came");
    expect(sockets.map(existsSync)).toEqual(sockets.map(() => false));
  });

  test("SIGHUP to a service is ignored with a line", async () => {
    const program = new ProxyProgram([site(), ...ANY_PORT]);
    const port = await program.port();
    program.child.kill("SIGHUP");
    await program.line(/SIGHUP ignored: there is nothing to reload yet; SIGTERM stops the server/);
    expect((await get(port, "/style.css")).status).toBe(200);
    expect(await program.signal("SIGTERM")).toBe(0);
  });
});

test("[f32] [TJ09] after kill -9 its applications end by themselves, and the next start clears what is left", async (context) => {
  needs(
    context,
    "setpriv(1) of util-linux",
    process.platform === "linux" && spawnSync("setpriv", ["--version"]).status === 0,
  );
  const { config, sockets } = managed();
  const program = new ProxyProgram(["--config", config, "-v", ...ANY_PORT]);
  const pids = await applications(program, sockets.length);
  expect(await program.signal("SIGKILL")).toBe("SIGKILL");
  await Promise.all(pids.map(gone));
  // Beside it the admin socket may be there.
  const [left = ""] = readdirSync(program.runtime).filter((name) => !name.endsWith(".sock"));
  expect(left).toMatch(new RegExp(`^${program.pid}-`));
  // Node leaves the socket file of a process that SIGTERM ended.
  expect(sockets.filter(existsSync)).toContain(sockets[0]);

  const next = new ProxyProgram(["--config", config, "-v", ...ANY_PORT], { runtime: program.runtime });
  await applications(next, sockets.length);
  await next.line(/cleared what a run that was killed left in /);
  expect(readdirSync(program.runtime)).not.toContain(left);
  expect(await next.signal("SIGTERM")).toBe(0);
  expect(sockets.map(existsSync)).toEqual(sockets.map(() => false));
});

test("[f32] [f48] after kill -9, the next start ends an application that ignores SIGTERM", async (context) => {
  needs(
    context,
    "setpriv(1) of util-linux",
    process.platform === "linux" && spawnSync("setpriv", ["--version"]).status === 0,
  );
  const { config, sockets } = managed(["ignore-term"]);
  const program = new ProxyProgram(["--config", config, "-v", ...ANY_PORT]);
  const pids = await applications(program, sockets.length);
  await program.signal("SIGKILL");
  const next = new ProxyProgram(["--config", config, "-v", ...ANY_PORT], { runtime: program.runtime });
  const [, stopped] = await next.line(/cleared what a run that was killed left in .*, and stopped process (\d+)/);
  expect(pids).toContain(Number(stopped));
  await applications(next, sockets.length);
  expect(await next.signal("SIGTERM")).toBe(0);
});

/** The process that started another one. */
function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
