import { unlinkSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { connect } from "node:net";

import { FastCGIError } from "@x/protocol/errors";

/**
 * What stands at the path of a UNIX socket: nothing, a socket that nobody listens on any more, one that somebody does, or
 * something that is no socket.
 */
export type SocketFileState = "absent" | "dead" | "live" | "other";

const ABSENT: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "EACCES"]);

/** Looks at a path and, when a socket is there, asks the kernel whether anybody listens on it. */
export async function socketFileState(path: string): Promise<SocketFileState> {
  // Not lstatSync: see `isPipe` of the command's output.
  const file = await lstat(path).catch((error: NodeJS.ErrnoException) => error);
  // EACCES: whoever listens there is told so.
  if (file instanceof Error) return ABSENT.has(file.code) ? "absent" : "other";
  if (!file.isSocket()) return "other";
  const code = await connectCode(path);
  if (code === "ECONNREFUSED") return "dead";
  if (code === "ENOENT") return "absent";
  // Everything else (connected, backlog full, no permission) may be somebody at work.
  return "live";
}

/**
 * Frees a path for listening: removes a dead socket file, and nothing else.
 *
 * @throws `FCGI_ERR_LISTEN` when somebody listens there or when it is no socket
 */
export async function freeSocketPath(path: string): Promise<void> {
  const state = await socketFileState(path);
  if (state === "dead") removeFile(path);
  if (state === "live") throw taken(path, "another program listens there already");
  if (state === "other") throw taken(path, "a file that is no socket has that name, and is left alone");
}

/** Removes a file; that it is gone already is fine. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function connectCode(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

function taken(path: string, why: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_LISTEN", `cannot listen on unix:${path}: ${why}.`, {
    phase: "listen",
    address: `unix:${path}`,
  });
}
