import { join } from "node:path";

import { startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** Starts the interop application on our responder, on a UNIX socket. */
export function startResponder(socket: string): Promise<Program> {
  const application = join(import.meta.dirname, "../applications/node.ts");
  return startProgram(process.execPath, [application, `unix:${socket}`], { path: socket });
}
