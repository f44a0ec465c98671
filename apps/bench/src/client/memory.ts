import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";

import { FootprintWatch } from "../footprint.ts";

const DRIVER = join(import.meta.dirname, "memory-driver.ts");
const MIB = 2 ** 20;
/** Bytes of the large bodies. */
export const LARGE: number = 2 ** 30;

/** The pieces that a body is made of are garbage soon: with a small young generation both sides show what they hold, and not what V8 has yet to collect. */
const SMALL_HEAP = ["--max-semi-space-size=1"];
const NO_BAR = { allowed: "", holds: true };

/** What a large body, or a long queue, takes. MiB. */
export interface Memory {
  what: string;
  idle: number;
  /** Above `idle`, at most; of the queue: what it holds. */
  more: number;
  allowed: string;
  holds: boolean;
}

/**
 * A download, an upload beside a bare pump, and a queue.
 *
 * @param path an application that is no bottleneck
 * @param only what is wanted
 */
export async function measureMemory(
  project: string,
  folder: string,
  path: string,
  only: RegExp | undefined,
): Promise<Memory[]> {
  const measured: Memory[] = [];
  const wants = (what: string): boolean => only?.test(`memory, ${what}`) !== false;
  if (wants("download of 1 GiB")) {
    for (const [what, work] of [
      ["download of 1 GiB, dispatch", "download"],
      ["download of 1 GiB, request(), its body piped into a file", "pipe"],
    ] as const) {
      const download = await footprint(project, work, path);
      measured.push({ what, ...download, allowed: "idle + 32 MiB", holds: download.more <= 32 });
    }
    measured.push(
      {
        what: "download of 1 GiB, request(), for await of its chunks",
        ...(await footprint(project, "stream", path)),
        ...NO_BAR,
      },
      { what: "download of 1 GiB by a bare socket", ...(await footprint(project, "socket", path)), ...NO_BAR },
    );
  }
  if (wants("upload of 1 GiB")) {
    const pump = await footprint(project, "pump", path, SMALL_HEAP);
    const upload = await footprint(project, "upload", path, SMALL_HEAP);
    measured.push(
      { what: "upload of 1 GiB by a bare socket", ...pump, ...NO_BAR },
      {
        what: "upload of 1 GiB",
        ...upload,
        allowed: "the bare socket's + 16 MiB",
        holds: upload.idle + upload.more <= pump.idle + pump.more + 16,
      },
    );
  }
  if (wants("10,000 queued requests")) {
    const queued = await measureQueue(project, folder);
    measured.push({
      what: "10,000 queued requests",
      idle: 0,
      more: queued,
      allowed: "20 MiB of heap and external",
      holds: queued <= 20,
    });
  }
  return measured;
}

/** Requests to an application that takes connections, and says nothing. */
async function measureQueue(project: string, folder: string): Promise<number> {
  const stuck = join(folder, "stuck.sock");
  const server = createServer(() => {}).listen(stuck);
  await once(server, "listening");
  const { result } = await run(project, "queue", stuck);
  server.close();
  return result / MIB;
}

async function footprint(
  project: string,
  what: string,
  path: string,
  flags: readonly string[] = [],
): Promise<{ idle: number; more: number }> {
  const { idle, peak, result } = await run(project, what, path, flags);
  if (result !== LARGE) throw new Error(`The ${what} ended after ${result} bytes.`);
  return { idle, more: peak };
}

async function run(
  project: string,
  what: string,
  path: string,
  flags: readonly string[] = [],
): Promise<{ idle: number; peak: number; result: number }> {
  const child = fork(DRIVER, [project, what, path], { execArgv: ["--expose-gc", ...flags] });
  try {
    await once(child, "message");
    const watch = new FootprintWatch(child.pid!);
    child.send("go");
    const result = await Promise.race([
      once(child, "message").then(([value]) => value as number),
      once(child, "exit").then(() => NaN),
    ]);
    const { idle, peak } = watch.stop();
    if (Number.isNaN(result)) throw new Error(`The ${what} ended its process.`);
    process.stderr.write(`${what}\n`);
    return { idle, peak, result };
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
