import { readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";

import { childrenOf } from "./cpu-time.ts";

/** The most that a server has taken while somebody watched. */
export interface Footprint {
  /** MiB of memory before. */
  idle: number;
  /** MiB of memory above `idle`, at most. */
  peak: number;
  /** MiB of memory above `idle`, at the end; less than none when it shrank. */
  last: number;
  /** MiB in files without a name, at most: what waits there for a slow side. */
  spool: number;
}

const MIB = 2 ** 20;

/** Watches memory and spool files of a server, its children included, until it is told to stop. */
export class FootprintWatch {
  readonly #pid: number;
  readonly #idle: number;
  #peak = 0;
  #spool = 0;
  readonly #timers: NodeJS.Timeout[];

  constructor(pid: number) {
    this.#pid = pid;
    this.#idle = residentSize(pid);
    this.#timers = [
      setInterval(() => (this.#peak = Math.max(this.#peak, residentSize(pid))), 20),
      // With many clients that is many files.
      setInterval(() => this.#lookAtFiles(), 250),
    ];
  }

  stop(): Footprint {
    for (const timer of this.#timers) clearInterval(timer);
    const last = residentSize(this.#pid);
    this.#peak = Math.max(this.#peak, last);
    this.#lookAtFiles();
    return {
      idle: this.#idle / MIB,
      peak: Math.max(0, this.#peak - this.#idle) / MIB,
      last: (last - this.#idle) / MIB,
      spool: this.#spool / MIB,
    };
  }

  #lookAtFiles(): void {
    const bytes = [this.#pid, ...childrenOf(this.#pid)].reduce((sum, pid) => sum + namelessFiles(pid), 0);
    this.#spool = Math.max(this.#spool, bytes);
  }
}

/** Bytes of memory, by the kernel's accounting; 0 when the process has ended. */
function residentSize(pid: number): number {
  try {
    return [pid, ...childrenOf(pid)].reduce((sum, one) => {
      const status = readFileSync(`/proc/${one}/status`, "latin1");
      return sum + Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
    }, 0);
  } catch {
    return 0;
  }
}

/** Bytes of the files that a process has open and that have no name any more. */
function namelessFiles(pid: number): number {
  let bytes = 0;
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const path = `/proc/${pid}/fd/${fd}`;
      if (readlinkSync(path).endsWith(" (deleted)")) bytes += statSync(path).size;
    } catch {
      // Closed meanwhile.
    }
  }
  return bytes;
}
