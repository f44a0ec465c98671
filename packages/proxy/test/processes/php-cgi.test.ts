import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { expandConfig } from "../../src/config/expand.ts";
import type { ResolvedConfig } from "../../src/config/resolved-config.ts";
import type { UpstreamConfig } from "../../src/config/upstream-config.ts";
import { listPhp } from "../../src/processes/php-program.ts";
import { ProcessManager } from "../../src/processes/process-manager.ts";
import type { ProcessManagerOptions } from "../../src/processes/process-manager.ts";
import { fastcgiRequest } from "../support/fastcgi-request.ts";
import { freePort } from "../support/free-port.ts";
import { isRoot, needs } from "../support/needs.ts";
import { ProcessEvents } from "../support/process-events.ts";
import { gone, groupMembers } from "../support/processes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const hasPhpCgi = listPhp("php-cgi").length > 0;

function site(files: Readonly<Record<string, string>> = {}): string {
  const folder = join(temporaryFolder(), "site");
  mkdirSync(folder, { mode: 0o755 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
  return folder;
}

function config(root: string, upstream: UpstreamConfig = { capacity: 3 }, more: object = {}): ResolvedConfig {
  return expandConfig({
    root,
    upstreams: { php: upstream },
    processes: { php: { kind: "php-cgi", upstream: "php", ...more } },
    routes: [{ php: "php" }],
    limits: { body: 1_234_567 },
  });
}

function manager(
  config: ResolvedConfig,
  options: ProcessManagerOptions = {},
): { processes: ProcessManager; base: string } {
  const base = join(temporaryFolder(), "run");
  const processes = new ProcessManager(config, { runFolderBase: base, ...options });
  onTestFinished(() => processes.stop(true));
  return { processes, base };
}

async function started(config: ResolvedConfig, options: ProcessManagerOptions = {}): Promise<ProcessManager> {
  const { processes } = manager(config, options);
  await processes.prepare();
  await processes.start();
  return processes;
}

function run(processes: ProcessManager, folder: string, script: string, query = ""): Promise<string> {
  return fastcgiRequest(processes.list()[0]?.address ?? "", {
    SCRIPT_FILENAME: join(folder, script),
    SCRIPT_NAME: `/${script}`,
    REQUEST_URI: `/${script}`,
    QUERY_STRING: query,
  });
}

async function report(processes: ProcessManager, folder: string, script: string, query = ""): Promise<unknown> {
  const response = await run(processes, folder, script, query);
  return JSON.parse(Buffer.from(response.slice(response.indexOf("\r\n\r\n") + 4), "latin1").toString("utf8"));
}

describe("kind php-cgi", () => {
  const REPORT = `<?php
echo json_encode([
  "sapi" => PHP_SAPI, "user" => posix_getpwuid(posix_geteuid())["name"], "env" => getenv(),
  "post" => ini_get("post_max_size"), "upload" => ini_get("upload_max_filesize"), "memory" => ini_get("memory_limit"), "name" => ini_get("session.name"),
  "argv" => explode("\\0", trim(file_get_contents("/proc/self/cmdline"), "\\0")),
]);`;

  test("[TJ07] [TJ11] runs PHP as the web user with limits, ini values and the environment of the allow list", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = site({ "report.php": REPORT });
    const ini = { memory_limit: "77M", "session.name": `a;"b" c` };
    const environment = { PATH: process.env["PATH"], LANG: "C.UTF-8", SECRET: "s3cret" };
    const processes = await started(config(folder, undefined, { ini }), { environment });
    const [php] = processes.list();
    expect(php).toMatchObject({ kind: "php-cgi", state: "running" });
    const answer = (await report(processes, folder, "report.php")) as Record<string, unknown>;
    expect(answer).toMatchObject({
      sapi: "cgi-fcgi",
      post: "1234567",
      upload: "1234567",
      memory: "77M",
      name: `a;"b" c`,
    });
    const env = answer["env"] as Record<string, string>;
    expect(env).toMatchObject({ LANG: "C.UTF-8", PHP_FCGI_CHILDREN: "3", PHP_FCGI_MAX_REQUESTS: "0" });
    expect(Object.values(env)).not.toContain("s3cret");
    if (isRoot) {
      expect(answer["user"]).toBe(php?.user);
      expect(answer["user"]).not.toBe("root");
    }
    await processes.stop();
    expect(groupMembers(php?.pid ?? 0)).toEqual([]);
  });

  test("[TJ08] nothing of a request is an argument of php-cgi", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = site({ "report.php": REPORT });
    const processes = await started(config(folder));
    const query = "-s+-d+allow_url_include%3d1+%ad";
    const { argv } = (await report(processes, folder, "report.php", query)) as { argv: string[] };
    const address = processes.list()[0]?.address ?? "";
    expect(argv.slice(1)).toEqual([
      "-d",
      "log_errors='1'",
      "-d",
      "post_max_size='1234567'",
      "-d",
      "upload_max_filesize='1234567'",
      "-b",
      address.slice("unix:".length),
    ]);
  });

  test("[TJ08] an ini value cannot be more than one", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const prepare = (ini: Record<string, string>): Promise<void> =>
      manager(config(site(), undefined, { ini })).processes.prepare();
    await expect(prepare({ a: "1' b" })).rejects.toThrow("the value of a may hold neither a single quote nor");
    await expect(prepare({ "a=1\nb": "1" })).rejects.toThrow("is no name of a php.ini value.");
  });

  test("[TJ01] its socket, which php-cgi opens to all, lies in a folder that is its user's alone", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const processes = await started(config(site()));
    const path = (processes.list()[0]?.address ?? "").slice("unix:".length);
    expect((statSync(join(path, "..")).mode & 0o777).toString(8)).toBe("700");
    await processes.stop();
  });

  test("[TJ01] an address in a folder that all may enter is refused, with the remedy", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = join(temporaryFolder(), "sockets");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const { processes } = manager(config(site(), { addresses: [`unix:${folder}/php.sock`] }));
    await expect(processes.prepare()).rejects.toMatchObject({
      code: "FCGI_ERR_CONFIG",
      message: `processes.php: every user of this machine may enter ${folder}, and could make php-cgi run scripts, since its socket is open to all: run \`chmod o-x ${folder}\`, choose another folder, or leave the address out.`,
    });
  });

  test("its capacity is known, and so many workers there are", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = site({ "a.php": "<?php echo 42;" });
    const address = `unix:${join(temporaryFolder(), "made", "php.sock")}`;
    const processes = await started(config(folder, { addresses: [address], capacity: 2 }));
    expect(processes.upstreams.get("php")?.addresses).toEqual([
      { address, capacity: 2, multiplex: 1, connections: undefined, weight: 1, backup: false },
    ]);
    expect(await run(processes, folder, "a.php")).toMatch(/42$/);
    // The master and its workers, which it starts one after the other.
    const pid = processes.list()[0]?.pid ?? 0;
    while (groupMembers(pid).length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(groupMembers(pid)).toHaveLength(3);
    await processes.stop();
  });

  test("without capacity it is a small pool", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const { processes } = manager(config(site(), {}));
    await processes.prepare();
    const capacity = processes.upstreams.get("php")?.addresses[0]?.capacity ?? 0;
    expect(capacity).toBeGreaterThanOrEqual(2);
    expect(capacity).toBeLessThanOrEqual(16);
  });

  test("over TCP it answers programs of this machine alone", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = site({ "a.php": `<?php echo getenv("FCGI_WEB_SERVER_ADDRS");` });
    const port = await freePort();
    const processes = await started(config(folder, { addresses: [`tcp://127.0.0.1:${port}`], capacity: 2 }));
    expect(await run(processes, folder, "a.php")).toMatch(/127\.0\.0\.1,::1$/);
    await processes.stop();
  });

  test("errors of scripts reach whoever asked, on stderr", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = site({ "log.php": `<?php file_put_contents("php://stderr", "from a script\\n"); echo 1;` });
    const events = new ProcessEvents();
    const processes = await started(config(folder));
    await run(processes, folder, "log.php");
    expect(await events.line(/script/)).toBe("from a script");
    await processes.stop();
  });

  test("[f32] [f01] a killed master takes its workers along and comes back on the same socket", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const folder = site({ "pid.php": "<?php echo getmypid();" });
    const events = new ProcessEvents();
    const processes = await started(config(folder));
    const { address, pid = 0 } = processes.list()[0] ?? {};
    const worker = Number(/\d+$/.exec(await run(processes, folder, "pid.php"))?.[0]);
    expect(groupMembers(pid)).toContain(worker);
    process.kill(pid, "SIGKILL");
    await events.next("ready", 2);
    await gone(worker);
    expect(await run(processes, folder, "pid.php")).toMatch(/\d+$/);
    expect(processes.list()[0]).toMatchObject({ address, restarts: 1 });
  });

  test("[f30] told to stop, a worker finishes what it does", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    const gate = join(temporaryFolder(), "gate.sock");
    const folder = site({
      "slow.php": `<?php $gate = stream_socket_client("unix://${gate}"); echo "whole ", fgets($gate);`,
    });
    const gatekeeper = createServer().listen(gate);
    onTestFinished(() => void gatekeeper.close());
    await once(gatekeeper, "listening");
    chmodSync(gate, 0o777);
    const processes = await started(config(folder));
    const answer = run(processes, folder, "slow.php");
    const [running] = (await once(gatekeeper, "connection")) as [Socket];
    const stopped = processes.stop();
    running.end("answer\n");
    expect(await answer).toMatch(/whole answer\n$/);
    await stopped;
  });

  test("[TJ11] a document root that its user cannot enter: one sentence with folder and remedy", async (context) => {
    needs(context, "php-cgi", hasPhpCgi);
    needs(context, "root", isRoot);
    const folder = site();
    chmodSync(join(folder, ".."), 0o700);
    await expect(manager(config(folder)).processes.prepare()).rejects.toThrow(
      /^user [\w-]+ cannot enter \/.+, on the way to the document root \/.+\/site: run `chmod a\+x /,
    );
  });

  test("no php-cgi: the sentence has the command that installs it", async () => {
    const missing = config(site(), undefined, { program: "php-cgi-none" });
    const { processes, base } = manager(missing);
    await expect(processes.prepare()).rejects.toThrow(/^php-cgi-none is not installed on this machine: run `/);
    expect(() => readFileSync(base)).toThrow("ENOENT");
  });
});
