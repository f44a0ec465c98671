import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test, vi } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { createProxyServer } from "../../src/server.ts";
import { gone, isAlive } from "../support/processes.ts";
import { stagedNode } from "../support/staged-node.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const LISTENER = fileURLToPath(new URL("../support/listener.mjs", import.meta.url));
const SERVER = fileURLToPath(new URL("../../src/server.ts", import.meta.url));

function oneApplication(): { config: ProxyConfig; base: string } {
  const folder = temporaryFolder();
  const script = join(folder, "listener.mjs");
  writeFileSync(script, readFileSync(LISTENER), { mode: 0o644 });
  const socket = join(folder, "made", "app.sock");
  const config: ProxyConfig = {
    listen: ["127.0.0.1:0"],
    root: folder,
    upstreams: { app: { addresses: [`unix:${socket}`] } },
    processes: {
      app: { kind: "command", command: [stagedNode(folder), script, socket], cwd: folder, upstream: "app" },
    },
    routes: [{ fastcgi: { upstream: "app" } }],
  };
  return { config, base: join(folder, "run") };
}

/** A program of its own with such a server in it; it leaves by process.exit() when it is told to. */
async function embedded(config: ProxyConfig, base: string): Promise<{ program: ChildProcess; application: number }> {
  const script = `
    import { createProxyServer } from ${JSON.stringify(SERVER)};
    const server = createProxyServer(${JSON.stringify(config)}, { processes: { runFolderBase: ${JSON.stringify(base)}, setpriv: false } });
    await server.listen();
    process.stdin.once("data", () => process.exit());
    console.log(server.processes[0].pid);`;
  const program = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void program.kill("SIGKILL"));
  const [line] = (await once(program.stdout, "data")) as [Buffer];
  return { program, application: Number(line.toString()) };
}

test("a program that leaves by process.exit() takes its applications along", async () => {
  const { config, base } = oneApplication();
  const { program, application } = await embedded(config, base);
  expect(isAlive(application)).toBe(true);
  program.stdin?.end("leave\n");
  await once(program, "exit");
  await gone(application);
});

test("[f32] [TJ09] an application that outlives kill -9 is ended by the next start, which then has its own", async () => {
  const { config, base } = oneApplication();
  const { program, application } = await embedded(config, base);
  program.kill("SIGKILL");
  await once(program, "exit");
  expect(isAlive(application)).toBe(true);
  const next = createProxyServer(config, { processes: { runFolderBase: base } });
  onTestFinished(() => next.close());
  await next.listen();
  expect(isAlive(application)).toBe(false);
  expect(next.processes[0]).toMatchObject({ state: "running", restarts: 0 });
});
