// Tells whether reading from the listening socket, of the path SOCKET, blocks: as it was when this module was imported, and now. Linux.
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";

const O_NONBLOCK = 0o4000;

const atImport = blocks();

// oxlint-disable-next-line import/no-default-export -- what the command looks for
export default function listener(_request: IncomingMessage, response: ServerResponse): void {
  response.end(JSON.stringify([atImport, blocks()]));
}

function blocks(): boolean {
  const row = readFileSync("/proc/net/unix", "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[7] === process.env["SOCKET"]);
  const socket = `socket:[${row?.[6]}]`;
  const fd = readdirSync("/proc/self/fd").find((name) => linkOf(name) === socket);
  const [, flags = ""] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")) ?? [];
  return (Number.parseInt(flags, 8) & O_NONBLOCK) === 0;
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // the one that the folder was read with
  }
}
