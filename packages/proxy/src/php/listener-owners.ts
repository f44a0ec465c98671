import { readFileSync } from "node:fs";

/** In proc_pid_net(5): a socket that listens. */
const LISTEN = "0A";

/**
 * The user ids of those who listen on a TCP port of this machine. Any user may take a port that nobody has, and would be given all that
 * visitors send.
 *
 * @param tables texts of `/proc/net/tcp` and `tcp6`. @default those of this machine; where there are none nobody is found
 */
export function listenerOwners(port: number, tables: readonly string[] = readTables()): number[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const owners = new Set<number>();
  for (const line of tables.flatMap((table) => table.split("\n"))) {
    // sl, local_address, rem_address, st, queues, timer, retransmits, uid
    const [, local = "", , state, , , , uid] = line.trim().split(/\s+/);
    if (state === LISTEN && local.endsWith(suffix)) owners.add(Number(uid));
  }
  return [...owners];
}

function readTables(): string[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  });
}
