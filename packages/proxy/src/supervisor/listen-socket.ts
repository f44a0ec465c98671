import { createServer } from "node:net";
import type { Server, Socket } from "node:net";

import { FastCGIError } from "@x/protocol/errors";

import type { ListenRules } from "../config/listen-config.ts";
import type { ListenPlace } from "../config/resolved-config.ts";
import { freeSocketPath } from "../processes/socket-file.ts";
import { listenAddress } from "./listen-address.ts";
import type { ListenAddress } from "./listen-address.ts";

/** Connections that the kernel holds for us while we are busy; it takes less if `somaxconn` is less (nginx: 511). */
const BACKLOG = 511;

/** What the kernel's refusal means to the user. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there already",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no host of that name",
  ENOENT: "the folder of the socket does not exist",
};

/** One listening socket. It only accepts; what is said on its connections is the worker's. */
export class ListenSocket {
  readonly address: ListenAddress;
  readonly #server: Server;

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server;
    this.address = address;
  }

  /**
   * Opens a listening socket.
   *
   * @param accept gets each connection, in the options that `node:http` uses
   * @throws `FCGI_ERR_LISTEN`; its `cause` is the system's error
   */
  static async open(
    wanted: ListenPlace & Partial<ListenRules>,
    accept: (socket: Socket) => void,
  ): Promise<ListenSocket> {
    if (wanted.kind === "unix") await freeSocketPath(wanted.path);
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    await started(server, wanted, () => bind(server, wanted));
    return new ListenSocket(server, listenAddress(wanted, server.address()));
  }

  /**
   * Listens on a socket that was bound by the process that started this one.
   *
   * @throws as {@link ListenSocket.open}
   */
  static async adopt(fd: number, wanted: ListenPlace, accept: (socket: Socket) => void): Promise<ListenSocket> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    await started(server, wanted, () => server.listen({ fd, backlog: BACKLOG }));
    return new ListenSocket(server, listenAddress(wanted, server.address()));
  }

  /** Accepts no more. The socket file, if there is one, is removed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      // Resolved at once: the callback would wait for the connections that the worker still serves.
      this.#server.close();
      setImmediate(resolve);
    });
  }
}

async function started(server: Server, wanted: ListenPlace, listen: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(wanted, error)));
    server.once("listening", resolve);
    listen();
  });
  server.removeAllListeners("error");
  // EMFILE while accepting and the like: the kernel keeps the connection waiting, and the next ones come.
  server.on("error", () => undefined);
}

function bind(server: Server, wanted: ListenPlace): void {
  if (wanted.kind === "tcp") {
    server.listen({
      port: wanted.port,
      backlog: BACKLOG,
      ...(wanted.host === undefined ? {} : { host: wanted.host }),
    });
    return;
  }
  // The mode of a socket file is decided when it is bound: a chmod afterwards would leave a moment when everybody may connect.
  const umask = process.umask(0o117);
  try {
    server.listen({ path: wanted.path, backlog: BACKLOG });
  } finally {
    process.umask(umask);
  }
}

/** What the kernel said, in words. */
export function listenError(wanted: ListenPlace, error: NodeJS.ErrnoException): FastCGIError {
  const reason = REASONS[error.code ?? ""] ?? error.message;
  return new FastCGIError("FCGI_ERR_LISTEN", `cannot listen on ${wanted.text}: ${reason}.`, {
    phase: "listen",
    address: wanted.text,
    cause: error,
  });
}
