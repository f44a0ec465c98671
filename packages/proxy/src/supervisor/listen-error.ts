import { constants } from "node:fs";
import { dirname } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import type { ListenPlace } from "../config/resolved-config.ts";
import { accessCode, folderFault } from "../folder-access.ts";

/** What the kernel's refusal means to the user. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there already",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no host of that name",
};

/** What the kernel said, in words. */
export function listenError(wanted: ListenPlace, error: NodeJS.ErrnoException): FastCGIError {
  const reason = folderInTheWay(wanted) ?? REASONS[error.code ?? ""] ?? error.message;
  return new FastCGIError("FCGI_ERR_LISTEN", `cannot listen on ${wanted.text}: ${reason}.`, {
    phase: "listen",
    address: wanted.text,
    cause: error,
  });
}

/** What the kernel says of a missing folder is EACCES by the time that node tells us. */
function folderInTheWay(wanted: ListenPlace): string | undefined {
  if (wanted.kind !== "unix") return undefined;
  const folder = dirname(wanted.path);
  const fault = folderFault(folder);
  if (fault === "does not exist") return `the folder ${folder} does not exist: make it first`;
  if (fault !== undefined) return `${folder} ${fault}`;
  const writable = accessCode(folder, constants.W_OK) === undefined;
  return writable ? undefined : `this user may not make a socket in ${folder}`;
}
