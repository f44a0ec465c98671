// What whoever starts the command gives it, or does not: a socket, stdin, stdout, stderr.
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { temporaryFolder } from "../support/application.ts";
import { MODULE, ask, run, runByShell } from "../support/command.ts";
import type { Running } from "../support/command.ts";
import { withUnixListener } from "../support/process.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

interface Activation {
  readonly args?: readonly string[];
  /** In the language of the shell. */
  readonly listenPid?: string;
  readonly sockets?: number;
  readonly redirections?: string;
}

/** As systemd does: descriptor 3 is a socket for the process LISTEN_PID, which listens already. */
function activate(path: string, activation: Activation = {}): Promise<Running> {
  const { args = [], listenPid = "$$", sockets = 1, redirections = "" } = activation;
  const script = `export LISTEN_FDS=${sockets} LISTEN_PID=${listenPid}; exec "$@" ${redirections}`;
  return withUnixListener(path, (fd) => runByShell(script, [MODULE, ...args], [fd]));
}

test("[P3] a socket of systemd's is found by LISTEN_FDS, and only by the process that it is for", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const other = await activate(path, { listenPid: "1" });
  expect(await other.exit).toBe(2);
  expect(other.output()).toContain("There is nothing to listen on");
  const { child, exit } = await activate(path);
  expect(await ask(path)).toBe(String(child.pid));
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("[P3] workers share a socket of systemd's, are replaced on it, and leave its file where it is", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { child, exit, says } = await activate(path, { args: ["--workers", "2", "-v"] });
  await says("serves ");
  const before = await ask(path);
  expect(before).toMatch(/^\d+$/);
  expect(before).not.toBe(String(child.pid));
  child.kill("SIGHUP");
  await says("replaced its workers");
  expect(await ask(path)).not.toBe(before);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  const next = await activate(path);
  expect(await ask(path)).toBe(String(next.child.pid));
});

test("[P3] of two sockets of systemd's none would be served alone without a word", async () => {
  const { exit, output } = await activate(join(temporaryFolder(), "app.sock"), { sockets: 2 });
  expect(await exit).toBe(2);
  expect(output()).toContain("systemd gave this process 2 sockets, and an application listens on one: keep one");
});

test.for<[what: string, redirections: string, args: readonly string[]]>([
  ["stdout and stderr", ">&- 2>&-", []],
  ["stdout and stderr of workers", ">&- 2>&-", ["--workers", "2", "-v"]],
  ["stdin, stdout and stderr of workers", "<&- >&- 2>&-", ["--workers", "2", "-v", "--log", "json"]],
])("[P1] %s that are closed at the start end nothing", async ([, redirections, args]) => {
  const path = join(temporaryFolder(), "app.sock");
  const { child, exit } = await activate(path, { args, redirections });
  const before = await ask(path);
  expect(before).toMatch(/^\d+$/);
  await ask(path, "/throw"); // logged to nobody
  if (args.length > 0) {
    child.kill("SIGHUP");
    for (let after = before; after === before;) after = await ask(path);
  }
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("whoever reads stdout and stderr may go", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { child, exit, says } = run([MODULE, "--listen", `unix:${path}`, "-v", "--log", "json"]);
  await says('"message":"serving"');
  child.stdout!.destroy();
  child.stderr!.destroy();
  const before = await ask(path);
  await ask(path, "/throw");
  child.kill("SIGHUP"); // says that it has replaced them
  for (let after = before; after === before;) after = await ask(path);
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});
