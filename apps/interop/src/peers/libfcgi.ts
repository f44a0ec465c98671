import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** Compiles a C application into `folder`; gives the program's path. */
export function buildLibfcgi(folder: string, name = "application"): string {
  const program = join(folder, `c-${name}`);
  const source = join(import.meta.dirname, `../../fixtures/c/${name}.c`);
  execFileSync(requireProgram(["cc"], "gcc"), ["-O1", "-Wall", "-Werror", "-o", program, source, "-lfcgi"]);
  return program;
}

/** The C application: one process, one request at a time. */
export function startLibfcgi(program: string, socket: string): Promise<Program> {
  return startProgram(program, [socket], { path: socket });
}
