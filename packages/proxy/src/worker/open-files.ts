import { readFileSync } from "node:fs";

import { FastCGIError } from "@x/protocol/errors";

/** Fewer connections than this are no server. */
const FEWEST = 64;

/** Files that are open beside connections: logs, libraries, listening sockets, bodies that wait. */
const OTHERS = 64;

/**
 * Connections of clients that may be open at once so that each can have one to an application beside it.
 *
 * @param limits text of `/proc/self/limits`
 */
export function connectionsThatFit(limits: string = readLimits()): number {
  return Math.max(1, Math.floor((openFiles(limits) - OTHERS) / 2));
}

/**
 * Makes sure that the process may open enough files.
 *
 * @param connections as configured
 * @param limits text of `/proc/self/limits`
 * @throws `FCGI_ERR_CONFIG` when it may not
 */
export function requireOpenFiles(connections: number, limits: string = readLimits()): void {
  const files = openFiles(limits);
  const fit = connectionsThatFit(limits);
  if (fit >= Math.min(FEWEST, connections)) return;
  throw new FastCGIError(
    "FCGI_ERR_CONFIG",
    `this process may open ${files} files, which is enough for ${fit} ${fit === 1 ? "client" : "clients"}: allow ${filesFor(FEWEST)} or more (\`ulimit -n\`, LimitNOFILE= of systemd), or set limits.connections to ${fit}.`,
    { phase: "configure" },
  );
}

/** Files that a number of connections needs. */
export function filesFor(connections: number): number {
  return 2 * connections + OTHERS;
}

/** Infinity: any number, or not known. */
function openFiles(limits: string): number {
  return Number(/^Max open files\s+(\d+)\s/m.exec(limits)?.[1] ?? Infinity);
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    // Not Linux: the kernel refuses to accept what is too much.
    return "";
  }
}
