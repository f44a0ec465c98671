import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { findSetpriv, launchCommand } from "../../src/processes/launcher.ts";
import { ManagedProcess } from "../../src/processes/managed-process.ts";
import type { ManagedProcessOptions } from "../../src/processes/managed-process.ts";
import type { ProcessIdentity } from "../../src/processes/process-identity.ts";
import { connectOnce } from "../../src/processes/reachable.ts";
import { RestartPolicy } from "../../src/processes/restart-policy.ts";
import { ProcessEvents } from "../support/process-events.ts";
import { gone, groupMembers, isAlive } from "../support/processes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

const LISTENER = fileURLToPath(new URL("../support/listener.mjs", import.meta.url));
/** As the real one, a hundred times as fast. */
const quick = (): RestartPolicy =>
  new RestartPolicy({ minDelay: 10, maxDelay: 300, stableAfter: 60_000, random: () => 0.5 });

interface Started {
  readonly process: ManagedProcess;
  readonly events: ProcessEvents;
  readonly path: string;
  readonly recorded: (ProcessIdentity | undefined)[];
}

function managed(
  deeds: readonly string[],
  options: Partial<ManagedProcessOptions> = {},
  command?: readonly string[],
): Started {
  const path = join(temporaryFolder(), "app.sock");
  const recorded: (ProcessIdentity | undefined)[] = [];
  const process = new ManagedProcess({
    plan: {
      name: "app",
      kind: "command",
      address: `unix:${path}`,
      account: undefined,
      launch: launchCommand(
        command ?? [globalThis.process.execPath, LISTENER, path, ...deeds],
        undefined,
        findSetpriv(),
      ),
      cwd: "/",
      environment: { ONLY: "this" },
      terminate: "group",
    },
    record: (_name, identity) => recorded.push(identity),
    policy: quick(),
    // Nothing here is about how long a start may take: on a busy machine it takes long.
    startTimeout: 60_000,
    ...options,
  });
  onTestFinished(() => process.stop(true));
  return { process, events: new ProcessEvents(), path, recorded };
}

test("starts, is ready when it listens, and stops without a trace", async () => {
  const { process, events, path, recorded } = managed([]);
  await process.start();
  const { pid } = process.status;
  expect(process.status).toMatchObject({ name: "app", state: "running", address: `unix:${path}`, restarts: 0 });
  expect(await connectOnce(`unix:${path}`, 1_000)).toBeUndefined();
  expect(recorded).toEqual([{ pid, start: expect.any(String) as string }]);
  await events.line(/^listens as/);
  expect(events.of("output")).toEqual([{ type: "output", name: "app", stream: "stdout", line: `listens as ${pid}` }]);

  await process.stop(false);
  expect(process.status).toMatchObject({ state: "stopped", pid: undefined });
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(existsSync(path)).toBe(false);
  expect(recorded.at(-1)).toBeUndefined();
  expect(events.of("exit")).toEqual([]);
});

test("[TJ07] it has its own session, nothing of our environment, and none of our descriptors", async () => {
  const ours = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void ours.close());
  await new Promise((resolve) => ours.once("listening", resolve));
  const { process } = managed([]);
  await process.start();
  const pid = process.status.pid ?? 0;
  expect(readFileSync(`/proc/${pid}/environ`, "latin1")).toBe("ONLY=this\0");
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  expect([group, session]).toEqual([String(pid), String(pid)]);
  const sockets = new Set(descriptors("self").filter((target) => target.startsWith("socket:")));
  expect(sockets.size).toBeGreaterThan(0);
  expect(descriptors(String(pid)).filter((target) => sockets.has(target))).toEqual([]);
});

function descriptors(pid: string): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

test("[f32] [TJ13] a killed one comes back on the same socket, and leaves no remains", async () => {
  const { process, events, path } = managed([]);
  await process.start();
  const first = process.status.pid ?? 0;
  globalThis.process.kill(first, "SIGKILL");
  await events.next("ready", 2);
  expect(process.status).toMatchObject({ state: "running", restarts: 1, lastExit: "was ended by SIGKILL" });
  expect(process.status.pid).not.toBe(first);
  expect(existsSync(`/proc/${first}`)).toBe(false);
  expect(await connectOnce(`unix:${path}`, 1_000)).toBeUndefined();
  expect(events.of("exit")).toEqual([
    { type: "exit", name: "app", reason: "was ended by SIGKILL", delay: 10, failures: 1 },
  ]);
});

test("[Q19] [f44] a crash loop is told once, with what it wrote, and the start does not wait for it", async () => {
  const { process, events } = managed(["fail"]);
  await process.start();
  expect(process.status).toMatchObject({ state: "waiting", pid: undefined, lastExit: "ended with exit code 3" });
  await events.next("exit", 5);
  expect(events.of("crash-loop")).toEqual([
    { type: "crash-loop", name: "app", reason: "ended with exit code 3", delay: 160, failures: 5 },
  ]);
  expect(events.of("exit").map(({ delay }) => delay)).toEqual([10, 20, 40, 80, 300]);
  expect(events.of("output")[0]).toMatchObject({ stream: "stderr", line: "cannot find the database" });
  // The reason stands before the notice of the end.
  expect(events.all.findIndex(({ type }) => type === "output")).toBeLessThan(
    events.all.findIndex(({ type }) => type === "exit"),
  );
});

test("[Q19] when it works again after a crash loop, that is told", async () => {
  const { process, events } = managed(["once"]);
  await process.start();
  await events.next("crash-loop");
  const before = events.of("ready");
  const { again } = await events.next("ready", before.length + 1);
  expect(before.map((event) => event.again)).toEqual(before.map(() => false));
  expect(again).toBe(true);
});

test("[f45] one that never listens is stopped and counts as a crash", async () => {
  const { process, events, path } = managed(["never"], { startTimeout: 300 });
  await process.start();
  const { reason, failures } = await events.next("exit");
  expect(reason).toBe(`did not listen on unix:${path} within 0.3 s`);
  expect(failures).toBe(1);
});

test("a program that cannot be started is tried again like any other", async () => {
  const missing = managed([], {}, ["/no/such/program"]);
  await missing.process.start();
  await missing.events.next("exit", 2);
  // setpriv reports by exit code and a line, Node by an error.
  expect(missing.process.status.lastExit).toMatch(/ended with exit code 127|cannot be started: .*ENOENT/);
});

test("a command line that the system does not take is no reason to fall", async () => {
  const { process } = managed([], {}, ["/bin/sh", "a\0b"]);
  await process.start();
  expect(process.status).toMatchObject({
    state: "waiting",
    lastExit: expect.stringMatching(/^cannot be started: /) as string,
  });
});

test("[TJ14] another program's socket is left alone", async () => {
  const { process, events, path } = managed([]);
  const stranger = createServer((socket) => socket.on("error", () => undefined).end("mine")).listen(path);
  await new Promise((resolve) => stranger.once("listening", resolve));
  await process.start();
  expect(process.status).toMatchObject({
    state: "waiting",
    lastExit: `cannot be started: cannot listen on unix:${path}: another program listens there already.`,
  });
  expect(existsSync(path)).toBe(true);
  // Its turn comes when the stranger has gone.
  await new Promise((resolve) => stranger.close(resolve));
  await events.next("ready");
});

describe("stopping", () => {
  test("[f48] [Q21] one that ignores SIGTERM is killed after the grace", async () => {
    const { process, events, path } = managed(["ignore-term"], { stopGrace: 200 });
    await process.start();
    const pid = process.status.pid ?? 0;
    await process.stop(false);
    // Whether it gets to say that it has heard SIGTERM depends on the machine: the next test waits for that.
    expect(events.of("kill")).toEqual([{ type: "kill", name: "app", pid }]);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(path)).toBe(false);
  });

  test("[f31] cutting hastens an orderly stop", async () => {
    const { process, events } = managed(["ignore-term"], { stopGrace: 60_000 });
    await process.start();
    const stopped = process.stop(false);
    await events.line(/SIGTERM ignored/);
    await process.stop(true);
    await stopped;
    expect(process.status.state).toBe("stopped");
  });

  test("helpers of a process end with it, even those that ignore SIGTERM", async () => {
    const { process } = managed(["helper"], { stopGrace: 200 });
    await process.start();
    const pid = process.status.pid ?? 0;
    expect(groupMembers(pid)).toHaveLength(2);
    await process.stop(false);
    expect(groupMembers(pid)).toEqual([]);
  });

  test("helpers of a process that was killed do not outlive it: they could hold its socket", async () => {
    const { process, events } = managed(["helper"]);
    await process.start();
    const pid = process.status.pid ?? 0;
    const [helper] = groupMembers(pid).filter((member) => member !== pid);
    globalThis.process.kill(pid, "SIGKILL");
    await events.next("exit");
    await gone(helper ?? 0);
    expect(groupMembers(pid)).toEqual([]);
  });

  test("while it waits for its next start, none comes", async () => {
    const { process, events } = managed(["fail"], { policy: new RestartPolicy() });
    await process.start();
    expect(process.status.state).toBe("waiting");
    await process.stop(false);
    expect(process.status.state).toBe("stopped");
    expect(events.of("start")).toHaveLength(1);
  });

  test("while it starts, the start is over too", async () => {
    const { process } = managed(["never"]);
    const started = process.start();
    await process.stop(false);
    await started;
    expect(process.status).toMatchObject({ state: "stopped", pid: undefined });
  });
});
