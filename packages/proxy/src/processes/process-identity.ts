import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

/**
 * A process that cannot be mistaken for another one: numbers are given again, a number with its start time is not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in whatever form this machine tells it; unique per `pid` until the next boot. */
  readonly start: string;
}

/** The identity of a running process, or undefined when there is none of that number (or only its remains, a zombie). */
export function identify(pid: number): ProcessIdentity | undefined {
  const start = process.platform === "linux" ? startFromProc(pid) : startFromPs(pid);
  return start === undefined ? undefined : { pid, start };
}

/** Is it still the same process that runs under this number? */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.start === identity.start;
}

/** Tells this boot of the machine from others: start times count from the boot. Empty where the machine does not tell. */
export function bootId(): string {
  return readOrEmpty("/proc/sys/kernel/random/boot_id").trim();
}

/** Does a process of this group run? The remains of ended ones, which an idle first process leaves about, do not count. */
export function groupRuns(leader: number): boolean {
  if (process.platform !== "linux") return groupExists(leader);
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && readStat(name)?.group === String(leader));
}

function startFromProc(pid: number): string | undefined {
  return readStat(String(pid))?.start;
}

/** What proc(5) tells of a running process: field 2, the name in parentheses, may hold anything; 5 is the group, 22 the start. */
function readStat(pid: string): { group: string | undefined; start: string | undefined } | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" || fields[0] === "Z" || fields[0] === "X" ? undefined : { group: fields[2], start: fields[19] };
}

function groupExists(leader: number): boolean {
  try {
    return process.kill(-leader, 0);
  } catch {
    return false;
  }
}

function startFromPs(pid: number): string | undefined {
  try {
    const start = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return start.trim() === "" ? undefined : start.trim();
  } catch {
    return undefined;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
