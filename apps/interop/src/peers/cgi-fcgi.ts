import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";

import { requireProgram } from "../program.ts";

/**
 * libfcgi's `cgi-fcgi` makes one request of its environment and stdin, as a web server's CGI would start it; the response, head and all,
 * is its stdout.
 *
 * @param params the request's, as its whole environment
 */
export function startCgiFcgi(socket: string, params: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams {
  const program = requireProgram(["cgi-fcgi"], "libfcgi-bin");
  return spawn(program, ["-bind", "-connect", socket], { env: { SERVER_PROTOCOL: "HTTP/1.1", ...params } });
}
