import { readFileSync, readdirSync } from "node:fs";

import { clue } from "./clue.ts";

/** Process ids of the running members of a process group. The remains of ended ones do not count. */
export function groupMembers(leader: number): number[] {
  return runningProcesses()
    .filter(({ group }) => group === leader)
    .map(({ pid }) => pid);
}

/** Is there a running process of that number? */
export function isAlive(pid: number): boolean {
  return runningProcesses().some((process) => process.pid === pid);
}

/** Resolves when there is no running process of that number. The kernel tells only parents, so it is looked at in turns. */
export async function gone(pid: number): Promise<void> {
  const went = clue(`the end of process ${pid}`);
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  went();
}

function runningProcesses(): { pid: number; group: number }[] {
  const processes: { pid: number; group: number }[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statFields(name);
    if (fields === undefined || fields[0] === "Z" || fields[0] === "X") continue;
    processes.push({ pid: Number(name), group: Number(fields[2]) });
  }
  return processes;
}

function statFields(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
