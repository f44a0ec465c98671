import { readdirSync, readlinkSync } from "node:fs";

import { clue } from "./clue.ts";

/** Files below a folder that this process (or another) has open, removed ones included: what the links in `/proc/PID/fd` say. */
export function openFiles(folder: string, pid: number | "self" = "self"): string[] {
  const open: string[] = [];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (target.startsWith(folder)) open.push(target);
    } catch {
      // Closed meanwhile.
    }
  }
  return open;
}

/** Resolves when `isTrue`: for what the kernel or the thread pool does and tells nobody. */
export async function eventually(isTrue: () => boolean): Promise<void> {
  const came = clue(isTrue);
  while (!isTrue()) await new Promise(setImmediate);
  came();
}
