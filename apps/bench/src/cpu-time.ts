import { existsSync, readFileSync, readdirSync } from "node:fs";

/** The kernel counts process time in ticks of 1/100 s (`getconf CLK_TCK`). */
const TICK_MS = 10;

/**
 * CPU time in ms, user and system, that a process and its children have used so far, by the
 * kernel's accounting. An nginx master does no work, so its workers are what counts.
 */
export function cpuTime(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + ownCpuTime(one, false), 0);
}

/** As {@link cpuTime}, with the children of the children, and those that have ended and were waited for: the programs of CGI requests. */
export function cpuTimeWithEnded(pid: number): number {
  const ofChildren = childrenOf(pid).reduce((sum, child) => sum + cpuTimeWithEnded(child), 0);
  return ownCpuTime(pid, true) + ofChildren;
}

function ownCpuTime(pid: number, withEnded: boolean): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const counted = withEnded ? fields.slice(11, 15) : fields.slice(11, 13);
  return counted.reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
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
