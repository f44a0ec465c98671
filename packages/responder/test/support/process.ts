// An application in a process of its own, for what only a process shows: descriptors, signals, exit codes.
import { spawn } from "node:child_process";
import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";

import { onTestFinished } from "vitest";

const folder = import.meta.dirname;

export interface ApplicationProcess {
  child: ChildProcess;
  /** Resolves with the exit code, or the signal that ended it, when all output has come. */
  exit: Promise<number | string>;
  /** What it has written to its stderr so far. */
  errors(): string;
}

/** Starts `test/support/NAME` under this Node; it is killed when the test ends. */
export function start(
  name: string,
  options: { stdin?: number | "ignore" | "pipe"; environment?: Record<string, string>; closeOutput?: boolean } = {},
): ApplicationProcess {
  const { stdin = "ignore", environment = {}, closeOutput = false } = options;
  const script = join(folder, name);
  const stdio: StdioOptions = [stdin, "pipe", "pipe"];
  const env = { ...process.env, ...environment };
  const child = closeOutput
    ? spawn("/bin/sh", ["-c", 'exec "$0" "$1" 1>&- 2>&-', process.execPath, script], { stdio, env })
    : spawn(process.execPath, [script], { stdio, env });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  // Not when it has exited: its last lines may come after that.
  const exit = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  return { child, exit, errors: () => errors };
}

/** The next line the process prints. */
export async function printed({ child, errors }: ApplicationProcess): Promise<string> {
  const ended = once(child, "close").then(() => {
    throw new Error(`The process ended. ${errors()}`);
  });
  const [line] = (await Promise.race([once(child.stdout!, "data"), ended])) as [Buffer];
  return line.toString().trim();
}

/** The descriptor of a listening server, to be a child's fd 0. */
function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

/** Listens on a UNIX socket without ever accepting: `use` hands the descriptor on, as a web server that spawns does. */
export async function withUnixListener<Result>(path: string, use: (fd: number) => Result): Promise<Result> {
  const server = createServer().listen(`${path}.parent`);
  await once(server, "listening");
  const result = use(descriptorOf(server));
  // Under its other name the file outlives our end of the socket.
  renameSync(`${path}.parent`, path);
  server.close();
  return result;
}

/** The same on TCP; gives the port, too. */
export async function withTcpListener<Result>(host: string, use: (fd: number) => Result): Promise<[Result, number]> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const result = use(descriptorOf(server));
  server.close();
  return [result, port];
}
