import { join } from "node:path";

import { startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/**
 * Starts the interop application on our responder, on a UNIX socket.
 *
 * @param multiplex requests at once on a connection. @default the responder's
 */
export function startResponder(socket: string, multiplex?: number): Promise<Program> {
  const application = join(import.meta.dirname, "../applications/node.ts");
  const more = multiplex === undefined ? [] : [String(multiplex)];
  return startProgram(process.execPath, [application, `unix:${socket}`, ...more], { path: socket });
}
