import { FastCGIError } from "@x/protocol/errors";

import type { RunningResponse } from "./ask.ts";

/** What was asked for, for the advice. */
export interface Asked {
  kind: "ping" | "status" | "script";
  /** The path of the page, or the script's file as FPM was told it. */
  path: string;
}

/**
 * Why PHP-FPM did not do what it was asked, by status, body and what it wrote to stderr, and what to do about it.
 *
 * @returns undefined when it did
 */
export function refusal(response: RunningResponse, asked: Asked): FastCGIError | undefined {
  const { statusCode, body, stderr } = response;
  if (statusCode >= 200 && statusCode < 300) return undefined;
  const details = { stderr, phase: "response-head" as const };
  if (statusCode === 404 && (/Primary script unknown/.test(stderr) || body.startsWith("File not found."))) {
    return new FastCGIError("FCGI_ERR_SCRIPT_NOT_FOUND", notFound(asked), details);
  }
  if (statusCode === 403 && /limit_extensions/.test(stderr)) {
    return new FastCGIError("FCGI_ERR_SCRIPT_DENIED", wrongExtension(asked), details);
  }
  if (statusCode === 403) return new FastCGIError("FCGI_ERR_SCRIPT_DENIED", notReadable(asked), details);
  return new FastCGIError(
    "FCGI_ERR_BAD_ANSWER",
    `PHP-FPM answered ${asked.path} with status ${statusCode}, which none of its own pages has${hint(asked)}.`,
    details,
  );
}

function notFound({ kind, path }: Asked): string {
  switch (kind) {
    case "status":
      return `PHP-FPM has no status page at ${path}: set pm.status_path = ${path} in the pool's configuration and reload it, or give the path that is set there (with pm.status_listen, ask at that address).`;
    case "ping":
      return `PHP-FPM has no ping page at ${path}: set ping.path = ${path} in the pool's configuration and reload it, or give the path that is set there.`;
    case "script":
      return `PHP-FPM does not find ${path} ("File not found."): it runs on another machine or in a container, in a chroot, with a /tmp of its own (systemd's PrivateTmp), or may not enter the folder. Give scriptFolder a folder that both of you see, and scriptFolderInside if it has another name there.`;
  }
}

function wrongExtension({ kind, path }: Asked): string {
  return kind === "script"
    ? `PHP-FPM does not run ${path} ("Access denied."): security.limit_extensions of the pool does not allow its extension. Add .php there, or give the option scriptExtension one that it allows.`
    : `PHP-FPM took ${path} for a script, and does not run files with its extension ("Access denied."): set ${directive(kind)} = ${path} in the pool's configuration and reload it, or give the path that is set there.`;
}

function notReadable({ kind, path }: Asked): string {
  return kind === "script"
    ? `PHP-FPM may not read ${path} ("Access denied."): give scriptFolder a folder that its user may enter, or look for open_basedir and SELinux.`
    : `PHP-FPM denies ${path}: set ${directive(kind)} = ${path} in the pool's configuration and reload it.`;
}

function hint({ kind }: Asked): string {
  return kind === "script" ? "" : `; the path of ${directive(kind)} may be another`;
}

function directive(kind: "ping" | "status"): string {
  return kind === "status" ? "pm.status_path" : "ping.path";
}
