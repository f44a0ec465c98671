import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** Builds the Go application into `folder`; gives the program's path. The compiler's cache is kept for the next run. */
export function buildGo(folder: string): string {
  const go = requireProgram(["go"], "golang-go");
  const source = join(folder, "go");
  mkdirSync(source, { recursive: true });
  cpSync(join(import.meta.dirname, "../../fixtures/go"), source, { recursive: true });
  const program = join(folder, "go-application");
  const environment = { ...process.env, GOTOOLCHAIN: "local", GOCACHE: join(tmpdir(), "x-go-cache") };
  execFileSync(go, ["build", "-o", program, "."], { cwd: source, env: environment });
  return program;
}

/** Starts one copy of it on its own socket; `bench`: it answers 1 KiB to everything. */
export async function startGo(program: string, socket: string, options: { bench?: boolean } = {}): Promise<Program> {
  const started = await startProgram(program, [socket, ...(options.bench === true ? ["bench"] : [])], { path: socket });
  chmodSync(socket, 0o666); // a web server that root started asks as another user
  return started;
}
