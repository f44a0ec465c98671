import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { RunningDemo, runFolderOf } from "./running-demo.ts";

function start(args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): RunningDemo {
  const demo = new RunningDemo(args, environment);
  onTestFinished(() => demo[Symbol.asyncDispose]());
  return demo;
}

describe("npm start", () => {
  test("without php-fpm on the machine PHP runs in WebAssembly, and the output says why", async () => {
    const empty = mkdtempSync(join(tmpdir(), "demo-test-"));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    const demo = start([], { PATH: empty });
    expect((await demo.status("php")).answeredBy).toMatch(/as WebAssembly$/);
    expect(demo.stdout).toContain("PHP in WebAssembly (@php-wasm/node), because no php-fpm is installed here.");
  });

  test("a second one says how to use another port, leaves nothing behind, and the first is unharmed", async () => {
    const first = start();
    const before = await first.status("node");
    const second = start(["--listen", new URL(await first.url).host]);
    const { code, stderr } = await second.ended;
    const port = Number(new URL(await first.url).port);
    expect(code).toBe(1);
    expect(stderr).toContain(`npm start -- --listen 127.0.0.1:${port + 1}`);
    const runFolders = readdirSync(dirname(runFolderOf(before.address)));
    expect(runFolders.filter((name) => name.startsWith(`x-demo-${second.child.pid}-`))).toEqual([]);
    expect((await first.status("node")).pid).toBe(before.pid);
    expect((await first.status("php")).answeredBy).toMatch(/^PHP /);
  });

  test("SIGTERM while it starts leaves no run folder", async () => {
    const demo = start();
    // The first line is written when the run folder is made and nothing listens yet.
    demo.child.stdout?.once("data", () => demo.child.kill("SIGTERM"));
    await demo.ended;
    for (const base of new Set([tmpdir(), "/tmp"])) {
      expect(readdirSync(base).filter((name) => name.startsWith(`x-demo-${demo.child.pid}-`))).toEqual([]);
    }
  });

  test("after kill -9 the next start removes what was left", async () => {
    // In a folder of their own: any other start would remove it, too.
    const base = mkdtempSync(join(tmpdir(), "demo-test-"));
    chmodSync(base, 0o755);
    onTestFinished(() => rmSync(base, { recursive: true, force: true }));
    const killed = start([], { TMPDIR: base });
    const run = runFolderOf((await killed.status("node")).address);
    await killed.stop("SIGKILL");
    expect(readdirSync(dirname(run))).toContain(run.slice(dirname(run).length + 1));
    const next = start([], { TMPDIR: base });
    await next.url;
    expect(readdirSync(dirname(run))).not.toContain(run.slice(dirname(run).length + 1));
  });

  test.for([
    { args: ["--php-runtime", "hhvm"], says: "--php-runtime is one of auto, fpm, wasm, not hhvm." },
    { args: ["--php-runtime"], says: "--php-runtime is one of auto, fpm, wasm, not nothing." },
    { args: ["--lisen", "127.0.0.1:0"], says: "--listen" },
  ])("the user's mistake $args ends with 2 and a sentence", async ({ args, says }) => {
    const { code, stderr } = await start(args).ended;
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  test("--help says how it is called and starts nothing", async () => {
    const { code, stdout } = await start(["--help"]).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("npm start --");
  });
});
