import { fstatSync, readFileSync } from "node:fs";

import { FCGI_LISTENSOCK_FILENO } from "@x/protocol";

type Environment = Readonly<Record<string, string | undefined>>;

/** The first socket of systemd's socket activation (sd_listen_fds(3)). */
export const SD_LISTEN_FDS_START = 3;

/**
 * What whoever started this process gave it to answer on: the descriptor of a listening socket (FastCGI 1.0 §2.2, systemd), or
 * one request, by CGI (RFC 3875).
 */
export function inherited(environment: Environment): number | "cgi" | undefined {
  const socket = isSocket(FCGI_LISTENSOCK_FILENO);
  if (isCgi(environment) && !(socket && isListening(FCGI_LISTENSOCK_FILENO))) return "cgi";
  if (socket) return FCGI_LISTENSOCK_FILENO;
  const ours = environment["LISTEN_PID"] === String(process.pid) && Number(environment["LISTEN_FDS"]) >= 1;
  return ours && isSocket(SD_LISTEN_FDS_START) ? SD_LISTEN_FDS_START : undefined;
}

/** Does the environment hold a request (RFC 3875 §4.1)? An application that a CGI program has started inherits one, too. */
export function isCgi(environment: Environment): boolean {
  return (environment["GATEWAY_INTERFACE"] ?? "").startsWith("CGI/") && (environment["REQUEST_METHOD"] ?? "") !== "";
}

export function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** Of a socket of AF_UNIX that listens (Linux, `__SO_ACCEPTCON`). */
const ACCEPTS = 0x10000;

/** The state of a TCP socket that listens. */
const LISTEN = "0A";

/**
 * Apache's mod_cgid gives a connected socket as stdin. FastCGI tells the two apart by getpeername (FastCGI 1.0 §2.2), which Node
 * does not have for UNIX sockets, so the system's tables are read. Where there are none the environment decides.
 */
function isListening(fd: number): boolean {
  const inode = String(fstatSync(fd).ino);
  for (const [, , , flags, , , of] of rows("unix")) if (of === inode) return (parseInt(flags!, 16) & ACCEPTS) !== 0;
  for (const table of ["tcp", "tcp6"]) {
    for (const row of rows(table)) if (row[9] === inode) return row[3] === LISTEN;
  }
  return false;
}

function rows(table: string): string[][] {
  try {
    return readFileSync(`/proc/net/${table}`, "latin1")
      .split("\n")
      .map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
}
