import { createServer } from "node:net";
import type { Server, Socket } from "node:net";

import type { ListenRules } from "../config/listen-config.ts";
import type { ListenPlace } from "../config/resolved-config.ts";
import { freeSocketPath } from "../processes/socket-file.ts";
import { withUmask } from "../with-umask.ts";
import { listenAddress } from "./listen-address.ts";
import type { ListenAddress } from "./listen-address.ts";
import { startListening } from "./start-listening.ts";

/** Connections that the kernel holds for us while we are busy; it takes less if `somaxconn` is less (nginx: 511). */
const BACKLOG = 511;

/** The umask under which a socket file is bound: its user and its group may connect, others may not. */
export const OF_USER_AND_GROUP = 0o117;

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
    await startListening(server, wanted, () => bind(server, wanted));
    return new ListenSocket(server, listenAddress(wanted, server.address()));
  }

  /**
   * Listens on a socket that was bound by the process that started this one.
   *
   * @throws as {@link ListenSocket.open}
   */
  static async adopt(fd: number, wanted: ListenPlace, accept: (socket: Socket) => void): Promise<ListenSocket> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
    await startListening(server, wanted, () => server.listen({ fd, backlog: BACKLOG }));
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

function bind(server: Server, wanted: ListenPlace): void {
  if (wanted.kind === "tcp") {
    server.listen({
      port: wanted.port,
      backlog: BACKLOG,
      ...(wanted.host === undefined ? {} : { host: wanted.host }),
    });
    return;
  }
  withUmask(OF_USER_AND_GROUP, () => server.listen({ path: wanted.path, backlog: BACKLOG }));
}
