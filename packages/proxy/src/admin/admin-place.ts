import { basename, join } from "node:path";

import { namesIn } from "../names-in.ts";
import { runFolderBase } from "../processes/run-folder.ts";
import { removeFile, socketFileState } from "../processes/socket-file.ts";
import type { ListenAddress } from "../supervisor/listen-address.ts";

const SUFFIX = ".sock";

/** Where the admin socket of a server is by default: named after its first port, or the file of its first socket. */
export function adminSocketPath([first]: readonly ListenAddress[], base: string = runFolderBase()): string {
  const name = first?.port ?? basename(first?.text ?? "x-proxy", SUFFIX).replaceAll(/[^\w.-]/g, "_");
  return join(base, `${name}${SUFFIX}`);
}

/** Removes the admin sockets of runs that were killed. */
export async function clearDeadSockets(base: string): Promise<void> {
  // By default they have the names of ports: others are applications'.
  const paths = namesIn(base)
    .filter((name) => /^\d+(?:-\d+)?\.sock$/.test(name))
    .map((name) => join(base, name));
  const states = await Promise.all(paths.map((path) => socketFileState(path)));
  for (const [index, path] of paths.entries()) if (states[index] === "dead") removeFile(path);
}

/** The admin sockets of this user on which somebody listens. */
export async function findAdminSockets(base: string = runFolderBase()): Promise<string[]> {
  const found = namesIn(base).filter((name) => name.endsWith(SUFFIX));
  const paths = found.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).map((name) => join(base, name));
  const states = await Promise.all(paths.map((path) => socketFileState(path)));
  return paths.filter((_path, index) => states[index] === "live");
}
