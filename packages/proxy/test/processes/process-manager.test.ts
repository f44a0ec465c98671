import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import type { ResolvedConfig } from "../../src/config/resolved-config.ts";
import { findAccount } from "../../src/processes/account.ts";
import { listPhp } from "../../src/processes/php-program.ts";
import { ProcessManager } from "../../src/processes/process-manager.ts";
import type { ProcessManagerOptions } from "../../src/processes/process-manager.ts";
import { fastcgiRequest } from "../support/fastcgi-request.ts";
import { isRoot, needs } from "../support/needs.ts";
import { ProcessEvents } from "../support/process-events.ts";
import { gone, groupMembers } from "../support/processes.ts";
import { stagedNode } from "../support/staged-node.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const LISTENER = fileURLToPath(new URL("../support/listener.mjs", import.meta.url));

function hasPhpFpm(): boolean {
  return listPhp("php-fpm").length > 0;
}

function manager(
  config: ResolvedConfig,
  options: ProcessManagerOptions = {},
): { manager: ProcessManager; base: string } {
  const base = join(temporaryFolder(), "run");
  const made = new ProcessManager(config, { runFolderBase: base, ...options });
  onTestFinished(() => made.stop(true));
  return { manager: made, base };
}

/** Listener and Node in a place that everybody may enter. */
function commandConfig(
  extra: Partial<ProxyConfig> = {},
  deeds: readonly string[] = [],
  startTimeout?: number,
): ResolvedConfig {
  const folder = temporaryFolder();
  const script = join(folder, "listener.mjs");
  writeFileSync(script, readFileSync(LISTENER), { mode: 0o644 });
  const address = join(folder, "run", "app.sock");
  return expandConfig({
    root: folder,
    upstreams: { app: { addresses: [`unix:${address}`] } },
    processes: {
      app: {
        kind: "command",
        command: [stagedNode(folder), script, address, ...deeds],
        cwd: folder,
        startTimeout,
        upstream: "app",
      },
    },
    routes: [{ fastcgi: { upstream: "app" } }],
    ...extra,
  });
}

describe("kind command", () => {
  test("makes the socket folder for its user, runs there, and leaves no run folder", async () => {
    const config = commandConfig();
    const { manager: processes, base } = manager(config);
    await processes.prepare();
    await processes.start();
    const [app] = processes.list();
    expect(app).toMatchObject({ name: "app", kind: "command", state: "running" });
    const folder = join(config.root ?? "", "run");
    expect((statSync(folder).mode & 0o777).toString(8)).toBe("700");
    if (isRoot) expect(statSync(`/proc/${app?.pid}`).uid).not.toBe(0);
    expect(statSync(folder).uid).toBe(statSync(`/proc/${app?.pid}`).uid);
    await processes.stop();
    expect(existsSync(join(folder, "app.sock"))).toBe(false);
    expect(readdirSync(base)).toEqual([]);
  });

  test("one that takes long to listen does not keep the others waiting, and goes on", async () => {
    const { manager: processes } = manager(commandConfig({}, ["never"]), { patience: 100 });
    await processes.prepare();
    await processes.start();
    expect(processes.list()).toMatchObject([{ state: "starting", restarts: 0 }]);
  });

  test("[f45] one that does not listen within its startTimeout is ended and started again", async () => {
    const events = new ProcessEvents();
    const { manager: processes } = manager(commandConfig({}, ["never"], 300));
    await processes.prepare();
    await processes.start();
    const { reason } = await events.next("exit");
    expect(reason).toMatch(/^did not listen on unix:.* within 0\.3 s$/);
  });

  test("a program that is not there is the user's mistake", async () => {
    const missing = commandConfig({
      processes: { app: { kind: "command", command: ["no-such-program"], upstream: "app" } },
    });
    await expect(manager(missing).manager.prepare()).rejects.toMatchObject({
      code: "FCGI_ERR_CONFIG",
      message: 'processes.app.command: there is no program "no-such-program": install it, or write its whole path.',
    });
  });

  test("[TJ11] a script that its user cannot read: one sentence with folder and remedy", async (context) => {
    needs(context, "root", isRoot);
    const config = commandConfig();
    chmodSync(join(config.root ?? "", "listener.mjs"), 0o600);
    await expect(manager(config).manager.prepare()).rejects.toThrow(
      /^user [\w-]+ may not (read|use) the program .*: run `chmod/,
    );
  });
});

describe("kind php-fpm", () => {
  function phpConfig(
    site: string,
    extra: Partial<ProxyConfig["upstreams"]> = {},
    ini: Record<string, string> = {},
  ): ResolvedConfig {
    return expandConfig({
      root: site,
      // Without addresses: the socket is ours to choose.
      upstreams: { php: {}, ...extra },
      processes: { php: { kind: "php-fpm", upstream: "php", ini } },
      routes: [{ php: "php" }],
      limits: { body: 1_234_567 },
    });
  }

  function site(files: Readonly<Record<string, string>>): string {
    const folder = join(temporaryFolder(), "site");
    mkdirSync(folder, { mode: 0o755 });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
    return folder;
  }

  async function run(folder: string, script: string, address: string): Promise<string> {
    return fastcgiRequest(address, {
      SCRIPT_FILENAME: join(folder, script),
      SCRIPT_NAME: `/${script}`,
      REQUEST_URI: `/${script}`,
    });
  }

  const REPORT = `<?php
echo json_encode([
  "user" => posix_getpwuid(posix_geteuid())["name"], "env" => getenv(),
  "post" => ini_get("post_max_size"), "upload" => ini_get("upload_max_filesize"), "memory" => ini_get("memory_limit"), "name" => ini_get("session.name"),
]);`;

  test("[TJ07] [TJ11] runs PHP as the web user with limits, ini values and the environment of the allow list", async (context) => {
    needs(context, "php-fpm", hasPhpFpm());
    const folder = site({ "report.php": REPORT });
    const ini = { memory_limit: "77M", "session.name": 'a;"${HOME}"' };
    const environment = { PATH: process.env["PATH"], LANG: `odd "$X" ;'é`, SECRET: "s3cret" };
    const { manager: processes, base } = manager(phpConfig(folder, {}, ini), { environment });
    await processes.prepare();
    await processes.start();
    const [php] = processes.list();
    expect(php).toMatchObject({ kind: "php-fpm", state: "running" });
    expect(php?.address.startsWith(`unix:${base}/${process.pid}-`)).toBe(true);
    const response = await run(folder, "report.php", php?.address ?? "");
    const report: unknown = JSON.parse(
      Buffer.from(response.slice(response.indexOf("\r\n\r\n") + 4), "latin1").toString("utf8"),
    );
    expect(report).toMatchObject({ post: "1234567", upload: "1234567", memory: "77M", name: 'a;"${HOME}"' });
    const { env, user } = report as { env: Record<string, string>; user: string };
    expect(env["LANG"]).toBe(environment.LANG);
    expect(env["PATH"]).toBe(environment.PATH);
    expect(Object.values(env)).not.toContain("s3cret");
    if (isRoot) {
      expect(user).toBe(php?.user);
      expect(user).not.toBe("root");
      expect(env["HOME"]).toBe(findAccount(user)?.home);
    }
    await processes.stop();
    expect(groupMembers(php?.pid ?? 0)).toEqual([]);
    expect(readdirSync(base)).toEqual([]);
  });

  test("its lines reach the log, those that scripts write to stderr as they are", async (context) => {
    needs(context, "php-fpm", hasPhpFpm());
    const folder = site({ "log.php": `<?php fwrite(fopen("php://stderr", "w"), "from a script\n"); echo 1;` });
    const events = new ProcessEvents();
    const { manager: processes } = manager(phpConfig(folder));
    await processes.prepare();
    await processes.start();
    expect(await events.line(/ready to handle connections/)).toContain("NOTICE");
    await run(folder, "log.php", processes.list()[0]?.address ?? "");
    expect(await events.line(/script/)).toBe("from a script");
    expect(events.of("output").every(({ name }) => name === "php")).toBe(true);
    await processes.stop();
  });

  test("[TJ01] its folder and socket are for its user alone", async (context) => {
    needs(context, "php-fpm", hasPhpFpm());
    const { manager: processes } = manager(phpConfig(site({})));
    await processes.prepare();
    await processes.start();
    const path = (processes.list()[0]?.address ?? "").slice("unix:".length);
    expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
    expect((statSync(join(path, "..")).mode & 0o777).toString(8)).toBe("700");
    await processes.stop();
  });

  test("its capacity is known: we started it", async (context) => {
    needs(context, "php-fpm", hasPhpFpm());
    const { manager: processes } = manager(phpConfig(site({})));
    await processes.prepare();
    const [address] = processes.upstreams.get("php")?.addresses ?? [];
    expect(address).toMatchObject({
      multiplex: 1,
      address: expect.stringMatching(/^unix:.*\/php\/php\.sock$/) as string,
    });
    const config = readFileSync(join((address?.address ?? "").slice("unix:".length), "..", "php-fpm.conf"), "utf8");
    expect(config).toContain(`pm.max_children = ${address?.capacity}\n`);
    expect(config).toContain("pm = ondemand\n");
  });

  test("a given address and capacity are kept: all workers are there from the start", async (context) => {
    needs(context, "php-fpm", hasPhpFpm());
    const folder = site({ "a.php": "<?php echo 42;" });
    const address = `unix:${join(temporaryFolder(), "made", "php.sock")}`;
    const config = expandConfig({
      root: folder,
      upstreams: { php: { addresses: [address], capacity: 3 } },
      processes: { php: { kind: "php-fpm", upstream: "php" } },
      routes: [{ php: "php" }],
    });
    const { manager: processes } = manager(config);
    await processes.prepare();
    await processes.start();
    expect(processes.upstreams.get("php")?.addresses).toEqual([
      { address, capacity: 3, multiplex: 1, connections: undefined, weight: 1, backup: false },
    ]);
    expect(await run(folder, "a.php", address)).toMatch(/42$/);
    // The master and its three workers, which it starts one after the other.
    const pid = processes.list()[0]?.pid ?? 0;
    while (groupMembers(pid).length < 4) await new Promise((resolve) => setImmediate(resolve));
    expect(groupMembers(pid)).toHaveLength(4);
    await processes.stop();
  });

  test("[f32] [f01] a killed master takes its workers along and comes back on the same socket", async (context) => {
    needs(context, "php-fpm", hasPhpFpm());
    const folder = site({ "pid.php": "<?php echo getmypid();" });
    const events = new ProcessEvents();
    const { manager: processes } = manager(phpConfig(folder));
    await processes.prepare();
    await processes.start();
    const [php] = processes.list();
    const { address = "", pid = 0 } = php ?? {};
    const worker = Number(/\d+$/.exec(await run(folder, "pid.php", address))?.[0]);
    expect(groupMembers(pid)).toContain(worker);
    process.kill(pid, "SIGKILL");
    await events.next("ready", 2);
    await gone(worker);
    expect(await run(folder, "pid.php", address)).toMatch(/\d+$/);
    expect(processes.list()[0]).toMatchObject({ address, restarts: 1 });
  });

  test("[TJ11] a document root that its user cannot enter: one sentence with folder and remedy", async (context) => {
    needs(context, "root", isRoot);
    needs(context, "php-fpm", hasPhpFpm());
    const folder = site({});
    chmodSync(join(folder, ".."), 0o700);
    await expect(manager(phpConfig(folder)).manager.prepare()).rejects.toMatchObject({
      code: "FCGI_ERR_CONFIG",
      message: expect.stringMatching(
        /^user [\w-]+ cannot enter \/.+\/xp-\w+, on the way to the document root \/.+\/xp-\w+\/site: run `chmod a\+x \/.+\/xp-\w+`/,
      ) as string,
    });
  });

  test("no php-fpm: the sentence has the command that installs it", async () => {
    const config = phpConfig(site({}));
    const missing = new Map(
      [...config.processes].map(([name, it]) => [
        name,
        it.kind === "php-fpm" ? { ...it, program: "php-fpm-none" } : it,
      ]),
    );
    const { manager: processes, base } = manager({ ...config, processes: missing });
    await expect(processes.prepare()).rejects.toMatchObject({
      code: "FCGI_ERR_CONFIG",
      message: expect.stringMatching(/^php-fpm-none is not installed on this machine: run `/) as string,
    });
    expect(existsSync(base)).toBe(false);
  });
});
