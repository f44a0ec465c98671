import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createConnection } from "node:net";
import type { NetConnectOpts } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A program under test or beside it, running. */
export interface Program {
  readonly pid: number;
  /** What it has written to stdout and stderr, its last 64 KiB. */
  output(): string;
  /** Its end, wanted or not. */
  readonly exited: Promise<void>;
  /** SIGTERM, and waits for its end; SIGKILL to it and all that it has started, with a warning, when that does not come. */
  stop(): Promise<void>;
}

const KEPT_OUTPUT = 65_536;

/** ms that a program has to listen: a server that starts twelve others takes half a minute on a machine that does forty other things. */
const START_LIMIT = 100_000;

/** ms that a program has to end. */
const GRACE = 20_000;

/** Starts a program and waits until something accepts connections at `ready`. */
export async function startProgram(
  command: string,
  args: readonly string[],
  ready: NetConnectOpts,
  environment: NodeJS.ProcessEnv = process.env,
  grace: number = GRACE,
): Promise<Program> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(-KEPT_OUTPUT);
    });
  }
  const output = (): string => text;
  const { pid } = child;
  if (pid === undefined) {
    const [error] = (await once(child, "error")) as [Error];
    throw new Error(`${command} cannot be started.`, { cause: error });
  }
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    await waitUntilAccepting(ready, child, output);
  } catch (error) {
    await stop(child, output, grace);
    throw error;
  }
  return { pid, output, exited, stop: () => stop(child, output, grace) };
}

/** A program ended before it listened. */
export class EndedEarly extends Error {}

/** Ends before it listens, one after the other: then it is no accident. */
const ACCIDENTS = 10;

/** Starts a program again whenever it ends, as a supervisor does, until it is stopped. */
export async function keepRunning(start: () => Promise<Program>): Promise<{ stop(): Promise<void> }> {
  let wanted = true;
  let program = await start();
  /** A request that kills the program can reach it before we have seen that it listens. */
  const startAgain = async (accidents = 0): Promise<Program> => {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof EndedEarly) || accidents === ACCIDENTS) throw error;
      return startAgain(accidents + 1);
    }
  };
  const kept = (async () => {
    for (;;) {
      await program.exited;
      if (!wanted) return;
      program = await startAgain();
      // It was stopped while a new one came up.
      if (!wanted) await program.stop();
    }
  })();
  // Told to whoever stops it: a failure outside of any test names none.
  kept.catch(() => {});
  const stop = async (): Promise<void> => {
    wanted = false;
    await program.stop();
    await kept;
  };
  return { stop };
}

/** The path of a program, or `undefined` when the machine does not have it. */
export function findProgram(names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin command -v ${name}`], { encoding: "utf8" });
    if (found.status === 0) return found.stdout.trim();
  }
  return undefined;
}

/** A program that is needed is not on this machine. */
export class MissingProgram extends Error {}

/** The path of a program, or a {@link MissingProgram} that names the package to install. */
export function requireProgram(names: readonly string[], debianPackage: string): string {
  const found = findProgram(names);
  if (found === undefined)
    throw new MissingProgram(`${names[0]} is not installed; on Debian: apt-get install ${debianPackage}`);
  return found;
}

async function waitUntilAccepting(where: NetConnectOpts, child: ChildProcess, output: () => string): Promise<void> {
  // No program tells in a common way that it listens, so it is asked until it does.
  for (const end = performance.now() + START_LIMIT; performance.now() < end;) {
    if (hasEnded(child))
      throw new EndedEarly(`${child.spawnfile} ended with ${child.exitCode ?? child.signalCode}: ${output()}`);
    if (await accepts(where)) return;
    await delay(25);
  }
  throw new Error(`${child.spawnargs.join(" ")} did not listen within ${START_LIMIT / 1_000} s: ${output()}`);
}

/** A program that a signal ended has no exit code. */
function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Does somebody accept connections there? */
export function accepts(where: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(where, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

async function stop(child: ChildProcess, output: () => string, grace: number): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const overdue = setTimeout(() => {
    console.warn(
      `${child.spawnargs.join(" ")} did not end within ${grace / 1_000} s of SIGTERM, and is killed: ${output()}`,
    );
    for (const pid of [child.pid ?? 0, ...descendants(child.pid ?? 0)].filter((one) => one > 0)) killNow(pid);
  }, grace);
  await exited;
  clearTimeout(overdue);
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** What a process has started, and what those have; nothing where nothing tells. */
function descendants(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}
