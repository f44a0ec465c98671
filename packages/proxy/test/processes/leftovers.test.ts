import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { clearLeftovers } from "../../src/processes/leftovers.ts";
import { bootId, identify } from "../../src/processes/process-identity.ts";
import type { ProcessIdentity } from "../../src/processes/process-identity.ts";
import { RunFolder } from "../../src/processes/run-folder.ts";
import { gone, isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

/** A number that no process has: the largest that Linux gives is 4 194 304. */
const NOBODY: ProcessIdentity = { pid: 4_194_305, start: "1" };

/** A run folder as a killed proxy leaves it. */
function leftFolder(base: string, record: unknown, name = `${NOBODY.pid}-abc123`): string {
  const folder = join(base, name);
  mkdirSync(join(folder, "php"), { recursive: true });
  if (record !== undefined) writeFileSync(join(folder, "processes.json"), JSON.stringify(record));
  writeFileSync(join(folder, "php", "php-fpm.conf"), "");
  return folder;
}

/** A process in a group of its own, as applications are started. */
async function application(script = ""): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ["-e", `${script}; console.log("up"); setInterval(() => {}, 1e6)`], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  const identity = identify(child.pid ?? 0) ?? NOBODY;
  onTestFinished(() => void child.kill("SIGKILL"));
  return identity;
}

test("[f32] [TJ09] an application that outlived its proxy is stopped, and the folder goes", async () => {
  const base = temporaryFolder();
  const stray = await application();
  const folder = leftFolder(base, { boot: bootId(), owner: NOBODY, processes: [stray] });
  expect(await clearLeftovers(base, 5_000)).toEqual([{ folder, stopped: [stray.pid] }]);
  await gone(stray.pid);
  expect(existsSync(folder)).toBe(false);
});

test("[f48] one that ignores SIGTERM is killed", async () => {
  const base = temporaryFolder();
  const stray = await application(`process.on("SIGTERM", () => {})`);
  leftFolder(base, { boot: bootId(), owner: NOBODY, processes: [stray] });
  expect(await clearLeftovers(base, 100)).toHaveLength(1);
  await gone(stray.pid);
});

test("[TJ10] a stranger that got the number meanwhile is never signalled", async () => {
  const base = temporaryFolder();
  const stranger = await application();
  const folder = leftFolder(base, { boot: bootId(), owner: NOBODY, processes: [{ pid: stranger.pid, start: "1" }] });
  expect(await clearLeftovers(base, 100)).toEqual([{ folder, stopped: [] }]);
  expect(isAlive(stranger.pid)).toBe(true);
});

test("[TJ10] a record of an earlier boot names nobody", async () => {
  const base = temporaryFolder();
  const stranger = await application();
  leftFolder(base, { boot: "another", owner: stranger, processes: [stranger] });
  expect(await clearLeftovers(base, 100)).toHaveLength(1);
  expect(isAlive(stranger.pid)).toBe(true);
});

test("[TJ14] the folder of a running proxy is left alone", async () => {
  const base = join(temporaryFolder(), "base");
  const run = new RunFolder(base);
  expect(await clearLeftovers(base, 100)).toEqual([]);
  expect(existsSync(run.path)).toBe(true);
});

test("so is one whose proxy is about to write its record", async () => {
  const base = temporaryFolder();
  const folder = leftFolder(base, undefined, `${process.pid}-abc123`);
  expect(await clearLeftovers(base, 100)).toEqual([]);
  expect(existsSync(folder)).toBe(true);
  leftFolder(base, undefined);
  expect(await clearLeftovers(base, 100)).toHaveLength(1);
});

test("[TJ02] so is one with a socket that somebody listens on", async () => {
  const base = temporaryFolder();
  const folder = leftFolder(base, { boot: bootId(), owner: NOBODY, processes: [] });
  const server = createServer().listen(join(folder, "php", "php.sock"));
  await once(server, "listening");
  expect(await clearLeftovers(base, 100)).toEqual([]);
  expect(existsSync(join(folder, "php", "php.sock"))).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await clearLeftovers(base, 100)).toHaveLength(1);
});

test("what is no run folder is not looked at, and no base is no failure", async () => {
  const base = temporaryFolder();
  mkdirSync(join(base, "mine"));
  expect(await clearLeftovers(base, 100)).toEqual([]);
  expect(existsSync(join(base, "mine"))).toBe(true);
  expect(await clearLeftovers(join(base, "missing"), 100)).toEqual([]);
});
