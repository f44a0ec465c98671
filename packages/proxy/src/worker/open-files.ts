import { readFileSync } from "node:fs";

/** Files that are open beside connections: logs, libraries, listening sockets, bodies that wait. */
const OTHERS = 64;

/**
 * Connections of clients that may be open at once so that each can have one to an application beside it.
 *
 * @param limits text of `/proc/self/limits`
 */
export function connectionsThatFit(limits: string = readLimits()): number {
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  return soft === undefined ? Infinity : Math.max(1, Math.floor((Number(soft) - OTHERS) / 2));
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    // Not Linux: the kernel refuses to accept what is too much.
    return "";
  }
}
