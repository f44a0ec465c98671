import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { ProxyProgram } from "../support/proxy-program.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

vi.setConfig({ testTimeout: 60_000 });

function folderWith(access: object): string {
  const folder = temporaryFolder();
  const config = { listen: ["127.0.0.1:0"], log: { access }, routes: [{ respond: { body: "ok" } }] };
  writeFileSync(join(folder, "x.config.json"), JSON.stringify(config));
  return folder;
}

test("the access log on stdout", async () => {
  const program = new ProxyProgram(["--config", "x.config.json"], { cwd: folderWith({}) });
  const port = await program.port();
  await fetch(`http://127.0.0.1:${port}/a`, { headers: { "User-Agent": "test" } });
  await program.line(/^127\.0\.0\.1 - - \[[^\]]+\] "GET \/a HTTP\/1\.1" 200 2 "-" "test"$/m);
  expect(await program.signal("SIGTERM")).toBe(0);
});

test("a file, which SIGUSR1 opens anew; the last lines are written at the end", async () => {
  const folder = folderWith({ file: "access.log", format: "json" });
  const file = join(folder, "access.log");
  const program = new ProxyProgram(["--config", "x.config.json"], { cwd: folder });
  const port = await program.port();
  await fetch(`http://127.0.0.1:${port}/a`);
  renameSync(file, `${file}.1`);
  program.child.kill("SIGUSR1");
  await program.line(/is opened anew/);
  await fetch(`http://127.0.0.1:${port}/b`);
  expect(await program.signal("SIGTERM")).toBe(0);
  const lines = `${readFileSync(`${file}.1`, "utf8")}${readFileSync(file, "utf8")}`.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { target: string }).target)).toEqual(["/a", "/b"]);
});

test("[TI12] [f56] a log that nobody reads blocks no request; what was lost is counted", async () => {
  const program = new ProxyProgram(["--config", "x.config.json"], { cwd: folderWith({}) });
  const port = await program.port();
  program.child.stdout?.pause();
  const agent = "x".repeat(8_000);
  // More than the pipe and the queue hold: 1 MiB, and what lies in between.
  for (let sent = 0; sent < 400; sent++) {
    const answer = await fetch(`http://127.0.0.1:${port}/${sent}`, { headers: { "User-Agent": agent } });
    expect(await answer.text()).toBe("ok");
  }
  program.child.stdout?.resume();
  await program.line(/\(\d+ log lines were lost: nobody read them\)/);
  await fetch(`http://127.0.0.1:${port}/after`);
  await program.line(/GET \/after /);
  expect(await program.signal("SIGTERM")).toBe(0);
});

test("[TI12] [f56] a pipe whose reader does not read keeps nobody from ending; what is lost is said", async () => {
  const folder = folderWith({ file: "pipe" });
  execFileSync("mkfifo", [join(folder, "pipe")]);
  // Reading and writing: opening waits for nobody.
  const reader = openSync(join(folder, "pipe"), constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(reader));
  const program = new ProxyProgram(["--config", "x.config.json"], { cwd: folder });
  const port = await program.port();
  // More than the 64 KiB that a pipe holds.
  for (let sent = 0; sent < 20; sent++)
    await fetch(`http://127.0.0.1:${port}/${sent}`, { headers: { "User-Agent": "x".repeat(8_000) } });
  expect(await program.signal("SIGTERM")).toBe(0);
  expect(program.stderr).toMatch(/the access log \S+\/pipe cannot be written: .* took nothing .*lost/);
});

test("a pipe that nobody reads is no place for a log yet: exit code 2, and what to do", async () => {
  const folder = folderWith({ file: "pipe" });
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const program = new ProxyProgram(["--config", "x.config.json"], { cwd: folder });
  expect(await program.exit()).toBe(2);
  expect(program.stderr).toMatch(
    /^x-proxy: the access log \S+ cannot be written: it is a pipe that no program reads yet/,
  );
});

test("a file that cannot be opened: exit code 2 and one sentence", async () => {
  const program = new ProxyProgram(["--config", "x.config.json"], { cwd: folderWith({ file: "absent/access.log" }) });
  expect(await program.exit()).toBe(2);
  expect(program.stderr).toMatch(/^x-proxy: the access log \S+ cannot be written: its folder does not exist: make it/);
});
