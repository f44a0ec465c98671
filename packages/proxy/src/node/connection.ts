import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import type { Endpoint } from "../gateway-request.ts";

/** Somebody to be told that the client has gone. */
export interface Watcher {
  onConnectionClosed(): void;
}

/** What all requests of one client connection share. */
export class Connection {
  readonly socket: Socket;
  readonly remote: Endpoint;
  readonly local: Endpoint;
  readonly scheme: "http" | "https";
  /**
   * Those whose response is under way: one, but for a client that pipelines. Not a `Set`: what one leaves behind when it grows anew
   * keeps requests from being collected while they are young.
   */
  readonly #watchers: Watcher[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.remote = { address: plainAddress(socket.remoteAddress), port: socket.remotePort };
    this.local = { address: plainAddress(socket.localAddress), port: socket.localPort };
    this.scheme = (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
    // One listener a connection: a response that waits behind another has no event of its own for this.
    socket.once("close", () => {
      while (this.#watchers.length > 0) this.#watchers.shift()?.onConnectionClosed();
    });
  }

  /** The connection of a socket, made at its first request. */
  static of(socket: Socket): Connection {
    const known = connections.get(socket);
    if (known !== undefined) return known;
    const connection = new Connection(socket);
    connections.set(socket, connection);
    return connection;
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  unwatch(watcher: Watcher): void {
    const at = this.#watchers.indexOf(watcher);
    if (at >= 0) this.#watchers.splice(at, 1);
  }

  /** Cuts it so that the client sees an error, whatever way it was told to find the end of the response. */
  reset(): void {
    // Only TCP knows resetting; on a UNIX socket and within TLS the missing end has to do.
    if (this.remote.address === undefined || this.scheme === "https") this.socket.destroy();
    else this.socket.resetAndDestroy();
  }
}

const connections = new WeakMap<Socket, Connection>();

/** A socket that takes both kinds shows IPv4 addresses as `::ffff:1.2.3.4`. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.startsWith("::ffff:") === true && address.includes(".") ? address.slice(7) : address;
}
