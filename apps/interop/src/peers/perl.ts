import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** The application on Perl's FCGI.pm: one process, one request at a time. */
export function startPerl(socket: string): Promise<Program> {
  const application = join(import.meta.dirname, "../../fixtures/perl/application.pl");
  return startProgram(requireProgram(["perl"], "perl"), [application, socket], { path: socket });
}
