import { existsSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { temporaryFolder } from "../support/application.ts";
import { MODULE, ask, run } from "../support/command.ts";
import { FrontEnd, post, request, stdin } from "../support/front-end.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

test("serves, replaces its workers on SIGHUP without losing a request, and ends with 0 on SIGTERM", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const group = process.getegid!();
  const { child, exit, says } = run([
    MODULE,
    "--listen",
    `unix:${path}`,
    "--group",
    `${group}`,
    "--workers",
    "2",
    "-v",
  ]);
  await says(`on unix:${path}`);
  const { mode, gid } = statSync(path);
  expect([mode & 0o777, gid]).toEqual([0o660, group]);
  const before = await ask(path);
  let going = true;
  const asking = (async () => {
    const pids = new Set<string>();
    while (going) pids.add(await ask(path));
    return pids;
  })();
  child.kill("SIGHUP");
  await says("replaced its workers");
  const after = await ask(path);
  going = false;
  expect([...(await asking)].every((pid) => /^\d+$/.test(pid))).toBe(true);
  expect(after).not.toBe(before);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  expect(existsSync(path)).toBe(false);
});

test("[f64] a connection that the web server keeps goes from worker to worker, and a request that has begun stays where it is", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { child, says } = run([MODULE, "--listen", `unix:${path}`, "-v"]);
  await says(`on unix:${path}`);
  const idle = await FrontEnd.connect(`unix:${path}`);
  const busy = await FrontEnd.connect(`unix:${path}`);
  onTestFinished(() => [idle, busy].forEach((frontEnd) => frontEnd.destroy()));
  const before = (await idle.exchange(1)).body;
  busy.send(request(7, { params: post(1, { REQUEST_URI: "/body" }), stdin: undefined }));
  await busy.ping(); // its worker has read that
  child.kill("SIGHUP");
  await says("retire (reload)");
  let after = before;
  while (after === before) after = (await idle.exchange(2)).body;
  busy.send(stdin(7, "x"), stdin(7));
  expect((await busy.answer(7)).body).toBe(before);
  await says(`worker ${before}: exit (0)`);
  expect((await busy.exchange(8)).body).toBe(after);
});

test("a worker that ends is started again", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { says } = run([MODULE, "--listen", `unix:${path}`, "-v"]);
  await says(`on unix:${path}`);
  const before = await ask(path);
  await expect(ask(path, "/die")).rejects.toThrow("closed the connection");
  await says("ended with 3");
  await says(": start");
  expect(await ask(path)).not.toBe(before);
});

test("a worker is replaced after its number of requests", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { says } = run([MODULE, "--listen", `unix:${path}`, "--max-requests", "3", "-v"]);
  await says(`on unix:${path}`);
  const before = await ask(path);
  await ask(path);
  await ask(path);
  await says("retire (3 requests)");
  await says("exit (0)");
  expect(await ask(path)).not.toBe(before);
});

test("a worker that uses too much memory is replaced", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { says } = run([MODULE, "--listen", `unix:${path}`, "--max-memory", "1", "-v"]);
  await says("MiB of memory)");
});

test("a worker whose event loop is late is replaced", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { says } = run([MODULE, "--listen", `unix:${path}`, "--max-lag", "5", "-v"]);
  await says(`on unix:${path}`);
  const first = await ask(path, "/late");
  await says(`worker ${first}: retire (an event loop that is `);
  await says(" ms late)");
});

test("--log json tells of requests, errors and workers, each in a line", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { child, exit, says, output } = run([MODULE, "--listen", `unix:${path}`, "--log", "json"]);
  await says('"message":"serving"');
  const pid = Number(await ask(path, "/a?b"));
  await says('"message":"request"');
  expect(await ask(path, "/throw")).toBe("Internal Server Error\n");
  await says('"message":"expected by a test"');
  await says('"status":500');
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  const lines = output()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "info", message: "request", pid, method: "GET", url: "/a?b", status: 200 }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "error", message: "expected by a test", url: "/throw" }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ message: "worker start", worker: pid }));
});

test("--watch reloads when a file changes, and keeps the old workers when the new ones cannot start", async () => {
  const folder = temporaryFolder();
  const path = join(temporaryFolder(), "app.sock");
  const module = join(folder, "app.mjs");
  const body = "export default (request, response) => response.end('one');";
  writeFileSync(module, body);
  const { says } = run([module, "--listen", `unix:${path}`, "--watch"]);
  await says(`on unix:${path}`);
  expect(await ask(path)).toBe("one");
  writeFileSync(module, body.replace("one", "two"));
  await says("replaced its workers");
  expect(await ask(path)).toBe("two");
  writeFileSync(module, "export default (");
  await says("the old workers stay");
  expect(await ask(path)).toBe("two");
  utimesSync(module, 1, 1);
});

test("[TJ02] a socket that somebody listens on is left alone: exit code 1", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const first = run([MODULE, "--listen", `unix:${path}`]);
  await first.says(`on unix:${path}`);
  const second = run([MODULE, "--listen", `unix:${path}`]);
  expect(await second.exit).toBe(1);
  expect(second.output()).toContain("Another process is listening");
  expect(await ask(path)).toMatch(/^\d+$/);
});

test("--help and --version", async () => {
  const help = run(["--help"]);
  expect(await help.exit).toBe(0);
  expect(help.output()).toContain("x-responder app.js --listen unix:/run/app.sock");
  const version = run(["-V"]);
  expect(await version.exit).toBe(0);
  expect(version.output()).toMatch(/^\d+\.\d+\.\d+/);
});
