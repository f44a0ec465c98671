import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** The application on Ruby's fcgi gem, which wants its socket as descriptor 0: one process, one request at a time. */
export function startRuby(socket: string): Promise<Program> {
  const application = join(import.meta.dirname, "../../fixtures/ruby/application.rb");
  const ruby = requireProgram(["ruby"], "ruby");
  const spawner = requireProgram(["spawn-fcgi"], "spawn-fcgi");
  return startProgram(spawner, ["-n", "-s", socket, "--", ruby, application], { path: socket });
}
