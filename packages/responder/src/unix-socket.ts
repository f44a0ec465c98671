import { chmodSync, chownSync, lstatSync, statSync, unlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { isMainThread } from "node:worker_threads";

import { FastCGIError } from "@x/protocol/errors";

/**
 * Makes way for a socket file: one that nobody listens on, left by a process that was killed, is
 * removed. Anything else stays as it is.
 *
 * @throws FastCGIError `FCGI_ERR_LISTEN` when somebody listens there, or it is no socket, or its folder is missing
 */
export async function clearDeadSocket(path: string): Promise<void> {
  const folder = dirname(path);
  const fault = folderFault(folder);
  if (fault !== undefined) throw refused(`Cannot listen on unix:${path}: ${fault}`);
  const found = look(path);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw refused(`${path} exists and is no socket; it is left alone: remove it yourself or listen on another path.`);
  }
  const state = await probe(path);
  if (state === "live") {
    throw refused(`Another process is listening on ${path}: stop it or listen on another path.`);
  }
  if (state !== "dead") {
    throw refused(`${path} may be in use (${state}) and is left alone: remove it yourself or listen on another path.`);
  }
  // Another starting process may have replaced it meanwhile.
  const now = look(path);
  if (now !== undefined && now.ino === found.ino && now.ctimeMs === found.ctimeMs) unlinkSync(path);
}

/**
 * Calls `bind`, which makes a socket file and listens on it before it returns, so that the file has
 * `mode` from its first moment. Then it is given to the group.
 *
 * @throws FastCGIError `FCGI_ERR_LISTEN` when this user may not do that: the socket listens, and is to be closed
 */
export function withSocketAccess(
  path: string,
  { mode, gid }: { readonly mode: number; readonly gid: number | undefined },
  bind: () => void,
): void {
  bindWithMode(path, mode, bind);
  if (gid === undefined) return;
  try {
    chownSync(path, -1, gid);
  } catch (cause) {
    const message = `This user may not give unix:${path} to the group ${gid}: start it as a member of that group, or as root.`;
    throw new FastCGIError("FCGI_ERR_LISTEN", message, { phase: "listen", cause });
  }
}

function bindWithMode(path: string, mode: number, bind: () => void): void {
  if (!isMainThread) {
    // A thread cannot set the process's umask; until the next line only the umask protects.
    bind();
    chmodSync(path, mode);
    return;
  }
  const umask = process.umask(0o777 & ~mode);
  try {
    bind();
  } finally {
    process.umask(umask);
  }
}

/** Does somebody listen? A code of the system stands for "cannot be known". */
function probe(path: string): Promise<"live" | "dead" | (string & {})> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("live");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve("dead");
      // The queue of the listener is full.
      else resolve(error.code === "EAGAIN" ? "live" : (error.code ?? error.message));
    });
  });
}

/** Why there can be no socket in a folder. */
function folderFault(folder: string): string | undefined {
  try {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found === undefined) return `the folder ${folder} does not exist; create it first.`;
    return found.isDirectory() ? undefined : `${folder} is no folder; choose another path.`;
  } catch {
    return `this user may not look at the folder ${folder}; choose one that it may enter.`;
  }
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // closed to us: listening says so
  }
}

function refused(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_LISTEN", message, { phase: "listen" });
}
