import { existsSync, readFileSync, readdirSync } from "node:fs";

/** The kernel counts process time in ticks of 1/100 s (`getconf CLK_TCK`). */
const TICK_MS = 10;

/**
 * CPU time in ms, user and system, that a process and its children have used so far, by the
 * kernel's accounting. An nginx master does no work, so its workers are what counts.
 */
export function cpuTime(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + ownCpuTime(one), 0);
}

function ownCpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean).map(Number),
  );
}

/** Is there such a process? One that has ended and was not waited for counts as ended. */
export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/task/${pid}/children`);
}
