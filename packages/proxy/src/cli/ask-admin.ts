import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";

import { FastCGIError } from "@x/protocol/errors";

import { findAdminSockets } from "../admin/admin-place.ts";
import { UsageError } from "./usage-error.ts";

/** Why nothing was reached, by the system's code. */
const REASONS: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no admin socket ${path}: \`x-proxy serve\` prints its path at the start.`,
  ECONNREFUSED: (path) => `nobody listens on ${path} any more: start x-proxy again with \`x-proxy serve\`.`,
  EACCES: (path) => `${path} belongs to another user: run this as the one that started x-proxy.`,
  ENOTSOCK: (path) => `${path} is no socket: \`x-proxy serve\` prints the path of its admin socket at the start.`,
};

/**
 * The admin socket to talk to.
 *
 * @param path as the user says
 * @throws UsageError when none is found, or several are
 */
export async function adminSocket(path: string | undefined): Promise<string> {
  if (path !== undefined) return path.replace(/^unix:/, "");
  const [first, ...others] = await findAdminSockets();
  if (first === undefined)
    throw new UsageError(
      "no x-proxy of this user is running: start one with `x-proxy serve`, or name the admin socket of another by --admin PATH.",
    );
  if (others.length === 0) return first;
  throw new UsageError(
    [
      `${others.length + 1} of them are running: name one by --admin PATH.`,
      ...[first, ...others].map((it) => `  ${it}`),
    ].join("\n"),
  );
}

/**
 * Asks a running program.
 *
 * @returns the answer's JSON
 * @throws UsageError when nobody is there, and for what it refuses; `FCGI_ERR_CLOSED` when it ends meanwhile
 */
export async function askAdmin(socketPath: string, method: "GET" | "POST", path: string): Promise<unknown> {
  const asking = request({ socketPath, method, path, agent: false });
  asking.end();
  try {
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of response.setEncoding("utf8") as AsyncIterable<string>) text += part;
    const answer: unknown = JSON.parse(text);
    const { message = "" } = answer as { readonly message?: string };
    if (response.statusCode === 400) throw new UsageError(message.replace(/^There/, "there"));
    if (response.statusCode !== 200) throw new FastCGIError("FCGI_ERR_CLOSED", message);
    return answer;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const reason = REASONS[code];
    if (reason !== undefined) throw new UsageError(reason(socketPath));
    if (code === "ECONNRESET") throw new FastCGIError("FCGI_ERR_CLOSED", "x-proxy ended before it had answered.");
    throw error;
  }
}
