import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";

import { FootprintWatch } from "../footprint.ts";

const DRIVER = join(import.meta.dirname, "memory-driver.ts");
const MIB = 2 ** 20;

/** What a large body, or a long queue, takes. MiB. */
export interface Memory {
  what: string;
  idle: number;
  /** Above `idle`, at most; of the queue: what it holds. */
  more: number;
  allowed: string;
  holds: boolean;
}

/** A download, an upload beside a bare pump, and a queue. @param path an application that is no bottleneck */
export async function measureMemory(project: string, folder: string, path: string): Promise<Memory[]> {
  const download = await footprint(project, "download", path);
  const pump = await footprint(project, "pump", path);
  const upload = await footprint(project, "upload", path);
  const stuck = join(folder, "stuck.sock");
  // Takes connections, and says nothing.
  const server = createServer(() => {}).listen(stuck);
  await once(server, "listening");
  const queued = (await run(project, "queue", stuck)).result / MIB;
  server.close();
  return [
    { what: "download of 1 GiB", ...download, allowed: "idle + 32 MiB", holds: download.more <= 32 },
    { what: "upload of 1 GiB by a bare socket", ...pump, allowed: "", holds: true },
    {
      what: "upload of 1 GiB",
      ...upload,
      allowed: "the bare socket's + 16 MiB",
      holds: upload.idle + upload.more <= pump.idle + pump.more + 16,
    },
    {
      what: "10,000 queued requests",
      idle: 0,
      more: queued,
      allowed: "20 MiB of heap and external",
      holds: queued <= 20,
    },
  ];
}

async function footprint(project: string, what: string, path: string): Promise<{ idle: number; more: number }> {
  const { idle, peak, result } = await run(project, what, path);
  if (result < 0) throw new Error(`The ${what} failed.`);
  return { idle, more: peak };
}

async function run(
  project: string,
  what: string,
  path: string,
): Promise<{ idle: number; peak: number; result: number }> {
  const child = fork(DRIVER, [project, what, path], { execArgv: ["--expose-gc"] });
  try {
    await once(child, "message");
    const watch = new FootprintWatch(child.pid!);
    child.send("go");
    const [result] = (await once(child, "message")) as [number];
    const { idle, peak } = watch.stop();
    process.stderr.write(`${what}\n`);
    return { idle, peak, result };
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}
