import { FastCGIError } from "@x/protocol/errors";

import type { ListenPlace } from "../config/resolved-config.ts";

/** What the kernel's refusal means to the user. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there already",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no host of that name",
  ENOENT: "the folder of the socket does not exist",
};

/** What the kernel said, in words. */
export function listenError(wanted: ListenPlace, error: NodeJS.ErrnoException): FastCGIError {
  const reason = REASONS[error.code ?? ""] ?? error.message;
  return new FastCGIError("FCGI_ERR_LISTEN", `cannot listen on ${wanted.text}: ${reason}.`, {
    phase: "listen",
    address: wanted.text,
    cause: error,
  });
}
