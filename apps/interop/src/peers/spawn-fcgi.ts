import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { stageExample } from "../examples.ts";
import { accepts, requireProgram } from "../program.ts";
import { until } from "../until.ts";

/** Applications that `spawn-fcgi` has started, all on one socket, and has left to themselves. */
export interface Spawned {
  readonly socket: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** `spawn-fcgi -F processes`, whose children get the socket as descriptor 0 (FastCGI 1.0 §2.2). */
export async function startSpawnFcgi(folder: string, application: string, processes = 1): Promise<Spawned> {
  const { site, command } = stageExample(folder, application);
  const [socket, list] = [join(folder, "app.sock"), join(folder, "pids")];
  const args = ["-s", socket, "-M", "0666", "-P", list, "-F", String(processes), "--", command, join(site, "app.mjs")];
  const { status, stderr } = spawnSync(requireProgram(["spawn-fcgi"], "spawn-fcgi"), args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`spawn-fcgi failed: ${stderr}`);
  const pids = readFileSync(list, "utf8").split("\n").filter(Boolean).map(Number);
  const stop = async (): Promise<void> => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, "SIGTERM");
    await until(
      "they have ended",
      () => pids.filter(isAlive).length,
      (left) => left === 0,
    );
  };
  await until("it listens", () => accepts({ path: socket }), Boolean);
  return { socket, pids, stop };
}

/** Does the process run? One that has ended and that nobody has waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
