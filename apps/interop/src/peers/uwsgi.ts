import { join } from "node:path";

import { requireProgram, startProgram } from "../program.ts";
import type { Program } from "../program.ts";

/** The application on uWSGI's Python: `processes` of them, one request at a time each. */
export function startUwsgi(protocol: "fastcgi" | "scgi", socket: string, processes: number): Promise<Program> {
  const application = join(import.meta.dirname, "../../fixtures/python/application.py");
  // prettier-ignore
  const args = [
    "--master", "--die-on-term", "--processes", String(processes), "--plugin", "python3", "--buffer-size", "65535",
    `--${protocol}-socket`, socket, "--wsgi-file", application,
  ];
  return startProgram(requireProgram(["uwsgi"], "uwsgi-core"), args, { path: socket });
}
