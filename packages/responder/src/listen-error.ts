import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";

import type { Address } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

/** What whoever starts a program without a place to listen on can do. */
export const HOW_TO_LISTEN =
  'say where to listen, such as listen: "unix:/run/app.sock" (`--listen unix:/run/app.sock` of x-responder), or let a web server, systemd or spawn-fcgi start this program with a listening socket.';

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process is listening there; stop it or choose another address.",
  EADDRNOTAVAIL: "this machine does not have that address; choose one of its own.",
  EACCES: "no permission; choose a folder that this user may write to, or a port above 1023.",
  EINVAL: `it is not a listening socket; ${HOW_TO_LISTEN}`,
};

/** What the system's refusal means, in one sentence. `text` is the address as the user wrote it. */
export function cannotListen(text: string, address: Address, cause: NodeJS.ErrnoException): FastCGIError {
  const { code = "" } = cause;
  const advice = address.kind === "unix" && code === "EACCES" ? unwritable(address.path) : undefined;
  return refused(`Cannot listen on ${text}: ${advice ?? ADVICE[code] ?? cause.message}`, "listen", cause);
}

/** `FCGI_ERR_LISTEN`: `configure` is a mistake that shows before anything is asked of the system. */
export function refused(message: string, phase: "configure" | "listen", cause?: unknown): FastCGIError {
  return new FastCGIError("FCGI_ERR_LISTEN", message, { phase, cause });
}

function unwritable(path: string): string | undefined {
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch {
    return `this user may not make a socket in ${folder}; choose a folder that it may write to, or have root make one for it.`;
  }
}
