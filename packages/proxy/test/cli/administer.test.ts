import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import type { ProxyStatus } from "../../src/admin/status.ts";
import { drain, restore, status } from "../../src/cli/administer.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { describeFailure } from "../../src/cli/failure.ts";
import { HEAD } from "../support/application.ts";
import { isRoot, needs } from "../support/needs.ts";
import { gone } from "../support/processes.ts";
import { ProxyProgram } from "../support/proxy-program.ts";
import { type BackendRequest, type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// Each starts programs, and the machine may have other things to do.
vi.setConfig({ testTimeout: 60_000 });

interface Ran {
  exit: unknown;
  stdout: string;
  stderr: string;
}

/** The command as a program of its own. */
async function runProgram(args: readonly string[], runtime: string): Promise<Ran> {
  const program = new ProxyProgram(args, { runtime });
  const exit = await program.exit();
  return { exit, stdout: program.stdout, stderr: program.stderr };
}

/** The command in this process, which takes a fraction of the time. */
async function run(words: readonly string[], runtime: string): Promise<Ran> {
  vi.stubEnv("RUNTIME_DIRECTORY", runtime);
  let stdout = "";
  const say = (line: string): void => void (stdout += `${line}\n`);
  try {
    const args = parseArguments(words, "x-proxy --help");
    const commands = { status, drain, restore };
    for (const line of await commands[args.command as keyof typeof commands](args, {}, say)) say(line);
    return { exit: 0, stdout, stderr: "" };
  } catch (error) {
    const { exitCode, message } = describeFailure(error, { name: "x-proxy", serve: "x-proxy serve" });
    const lines = message.split("\n").map((line) => `x-proxy: ${line}\n`);
    return { exit: exitCode, stdout, stderr: lines.join("") };
  } finally {
    vi.unstubAllEnvs();
  }
}

interface Served {
  program: ProxyProgram;
  url: string;
  runtime: string;
  addresses: string[];
  /** The admin socket, as the program prints it. */
  socket: string;
}

/** A program before applications that say their numbers. */
async function serve(scripts: readonly (Script | undefined)[] = [undefined, undefined], more = {}): Promise<Served> {
  const backends = scripts.map((script, at) => ScriptedBackend.listen(script ?? ((it) => it.end(HEAD + String(at)))));
  const addresses = (await Promise.all(backends)).map(({ address }) => address);
  const folder = temporaryFolder();
  const config = {
    listen: ["127.0.0.1:0"],
    upstreams: { app: { addresses, policy: "first", health: { slowStart: "1h" } } },
    routes: [{ fastcgi: { upstream: "app", checkFiles: false }, root: folder }],
    ...more,
  };
  writeFileSync(join(folder, "x.config.json"), JSON.stringify(config));
  const program = new ProxyProgram(["--config", join(folder, "x.config.json")]);
  const url = `http://127.0.0.1:${await program.port()}`;
  const [, socket = ""] = await program.line(/^ {2}admin {4}(\S+)$/m);
  return { program, url, runtime: program.runtime, addresses, socket };
}

async function statusOf(runtime: string): Promise<ProxyStatus> {
  const { exit, stdout, stderr } = await run(["status", "--json"], runtime);
  expect([exit, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as ProxyStatus;
}

const text = async (url: string): Promise<string> => (await fetch(url)).text();

describe("a running x-proxy", () => {
  test("status tells what it does, as a table and as JSON", async () => {
    const { program, url, runtime, addresses, socket } = await serve();
    expect(await text(url)).toBe("0");
    const told = await statusOf(runtime);
    expect(told).toMatchObject({ pid: program.pid, workerPid: program.worker, addresses: [url], requests: 1 });
    expect(told.upstreams).toMatchObject([
      {
        name: "app",
        active: 0,
        queued: 0,
        queue: 256,
        requests: 1,
        peers: [
          { address: addresses[0], state: "healthy", requests: 1, weight: 1 },
          { address: addresses[1], state: "healthy", requests: 0 },
        ],
      },
    ]);
    const { exit, stdout } = await runProgram(["status", "--admin", socket], temporaryFolder());
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^UPSTREAM +WAIT +RETRIES +PEER +STATE +ACTIVE +WEIGHT +REQUESTS +SHARE +FAILS$/m);
    expect(stdout).toMatch(new RegExp(`^app +0/256 +0 +${addresses[0]} +healthy +0 +1 +1 +100 % +0$`, "m"));
    expect(socket.startsWith(runtime)).toBe(true);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(await program.signal("SIGTERM")).toBe(0);
    expect(statSync(socket, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("[Q14] drain waits for the requests of an address, and restore brings it back slowly", async () => {
    const held: BackendRequest[] = [];
    const hold: Script = (request) => void (held.length === 0 ? held.push(request) : request.end(`${HEAD}0`));
    const { url, runtime, addresses } = await serve([hold, undefined]);
    const [address = ""] = addresses;
    const running = text(url);
    await vi.waitFor(() => expect(held.length).toBe(1), { timeout: 30_000 });
    const draining = new ProxyProgram(["drain", "app", address], { runtime });
    await draining.line(/^waiting for 1 request at unix:\S+; new ones go elsewhere$/m);
    await vi.waitFor(
      async () =>
        expect((await statusOf(runtime)).upstreams[0]?.peers[0]).toMatchObject({ state: "draining", active: 1 }),
      { timeout: 30_000 },
    );
    expect(await text(url)).toBe("1");
    held[0]?.end(`${HEAD}0`);
    expect(await running).toBe("0");
    expect(await draining.exit()).toBe(0);
    expect(draining.stdout).toContain(
      `${address} of app is drained: \`x-proxy restore app ${address}\` brings it back\n`,
    );
    expect((await statusOf(runtime)).upstreams[0]?.peers[0]?.state).toBe("drained");
    // Its path does as well, and a script may say it twice.
    expect(await run(["drain", "app", address.slice("unix:".length)], runtime)).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining("is drained already"),
    });
    expect(await run(["restore", "app", address, "--json"], runtime)).toMatchObject({
      exit: 0,
      stdout: `${JSON.stringify({ upstream: "app", address, state: "healthy" })}\n`,
    });
    const [peer] = (await statusOf(runtime)).upstreams[0]?.peers ?? [];
    expect(peer).toMatchObject({ state: "healthy", requests: 0 });
    expect(peer?.slowStart).toBeLessThan(0.5);
    expect((await run(["restore", "app", address], runtime)).stdout).toContain("was not drained");
  });

  test("a worker that comes in the place of another keeps drained what was", async (context) => {
    needs(context, "root", isRoot);
    const { program, url, runtime, addresses } = await serve();
    const [address = ""] = addresses;
    expect((await run(["drain", "app", address], runtime)).exit).toBe(0);
    const before = program.worker;
    process.kill(before, "SIGKILL");
    await gone(before);
    await program.line(/worker: serves again/);
    expect(await text(url)).toBe("1");
    expect((await statusOf(runtime)).upstreams[0]?.peers[0]?.state).toBe("drained");
  });
});

describe("exit code 2 and one sentence", () => {
  test("for an upstream or an address that there is not, and for the last address", async () => {
    const { runtime, addresses } = await serve();
    const [address = "", other = ""] = addresses;
    expect(await run(["drain", "ap", address], runtime)).toEqual({
      exit: 2,
      stdout: "",
      stderr: 'x-proxy: there is no upstream "ap". Did you mean "app"?\n',
    });
    expect(await run(["restore", "app", "tcp://127.0.0.1:1"], runtime)).toMatchObject({
      exit: 2,
      stderr: `x-proxy: app has no "tcp://127.0.0.1:1". It has ${address}, ${other}.\n`,
    });
    expect((await run(["drain", "app", address], runtime)).exit).toBe(0);
    expect(await run(["drain", "app", other], runtime)).toEqual({
      exit: 2,
      stdout: "",
      stderr: `x-proxy: ${other} is the only address of "app" that takes requests: they would have nowhere to go.\n`,
    });
  });

  test("when none runs, nobody listens, or the path is no socket", async () => {
    const runtime = temporaryFolder();
    expect(await runProgram(["status"], runtime)).toEqual({
      exit: 2,
      stdout: "",
      stderr:
        "x-proxy: no x-proxy of this user is running: start one with `x-proxy serve`, or name the admin socket of another by --admin PATH.\n",
    });
    const absent = join(runtime, "absent.sock");
    expect(await run(["status", "--admin", absent], runtime)).toMatchObject({
      exit: 2,
      stderr: `x-proxy: there is no admin socket ${absent}: \`x-proxy serve\` prints its path at the start.\n`,
    });
    const file = join(runtime, "file.sock");
    writeFileSync(file, "");
    expect(await run(["drain", "app", "x", "--admin", file], runtime)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/^x-proxy: (?:nobody listens on|\S+ is no socket)/),
    });
  });

  test("when several run: they are listed; --admin chooses", async () => {
    const { runtime, socket } = await serve();
    const folder = temporaryFolder();
    const second = new ProxyProgram([folder, "--listen", "127.0.0.1:0"], { runtime });
    const [, other = ""] = await second.line(/^ {2}admin {4}(\S+)$/m);
    const { exit, stderr } = await run(["status"], runtime);
    expect([exit, stderr.split("\n")[0]]).toEqual([2, "x-proxy: 2 of them are running: name one by --admin PATH."]);
    for (const path of [socket, other]) expect(stderr).toContain(`x-proxy:   ${path}\n`);
    const chosen = await run(["status", "--json", "--admin", other], runtime);
    expect((JSON.parse(chosen.stdout) as ProxyStatus).pid).toBe(second.pid);
  });
});

test("--admin says where, and a path that is taken is told of before anybody is served", async () => {
  const folder = temporaryFolder();
  const socket = join(folder, "control");
  const first = new ProxyProgram([folder, "--listen", "127.0.0.1:0", "--admin", socket]);
  await first.line(/^ {2}admin {4}\S+control$/m);
  const second = new ProxyProgram([folder, "--listen", "127.0.0.1:0", "--admin", socket]);
  expect(await second.exit()).toBe(1);
  expect(second.stderr).toContain(`cannot listen on unix:${socket}: another program listens there already.`);
  expect((await run(["status", "--admin", `unix:${socket}`], folder)).exit).toBe(0);
});

test("admin: false, and there is none", async () => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "x.config.json"),
    JSON.stringify({ listen: ["127.0.0.1:0"], admin: false, routes: [{ respond: {} }] }),
  );
  const program = new ProxyProgram(["--config", join(folder, "x.config.json")]);
  await program.port();
  expect((await run(["status"], program.runtime)).exit).toBe(2);
  expect(await program.signal("SIGTERM")).toBe(0);
  expect(program.stdout).not.toContain("admin");
});
