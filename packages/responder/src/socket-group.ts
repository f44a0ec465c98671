import { readFileSync } from "node:fs";

import { FastCGIError } from "@x/protocol/errors";

/** What distributions call the group of their web servers. */
const WEB_GROUPS = ["www-data", "http", "nginx", "apache", "_www"] as const;

/**
 * The number of the group that a socket file is given to; undefined: it stays the process's own.
 *
 * @param lines the machine's groups, as in group(5)
 * @throws FastCGIError `FCGI_ERR_LISTEN` for a group that the machine does not have
 */
export function socketGroup(
  { group, mode }: { group?: string | number; mode?: number },
  root: boolean = process.geteuid?.() === 0,
  lines: string = ownGroups(),
): number | undefined {
  if (typeof group === "number") return group;
  if (group !== undefined) {
    const found = /^\d{1,9}$/.test(group) ? Number(group) : numberOf(group, lines);
    if (found !== undefined) return found;
    const message = `This machine has no group ${group}: name another one, or give its number.`;
    throw new FastCGIError("FCGI_ERR_LISTEN", message, { phase: "configure" });
  }
  // A socket that root alone can use is none: no web server runs as root.
  if (!root || mode !== undefined) return undefined;
  for (const name of WEB_GROUPS) {
    const found = numberOf(name, lines);
    if (found !== undefined) return found;
  }
  return undefined;
}

function numberOf(wanted: string, lines: string): number | undefined {
  for (const line of lines.split("\n")) {
    const [name, , gid] = line.split(":");
    if (name === wanted && gid !== undefined && /^\d+$/.test(gid)) return Number(gid);
  }
  return undefined;
}

function ownGroups(): string {
  try {
    return readFileSync("/etc/group", "utf8");
  } catch {
    return "";
  }
}
