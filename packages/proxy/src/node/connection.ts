import type { Socket } from "node:net";

import { Accepted } from "../front/accepted.ts";
import { resetConnection } from "../front/endpoint.ts";

/** Somebody to be told that the client has gone. */
export interface Watcher {
  onConnectionClosed(): void;
}

/** What all requests of one client connection share. */
export class Connection extends Accepted {
  readonly socket: Socket;
  /**
   * Those whose response is under way: one, but for a client that pipelines. Not a `Set`: what one leaves behind when it grows anew
   * keeps requests from being collected while they are young.
   */
  readonly #watchers: Watcher[] = [];

  constructor(socket: Socket) {
    super(socket);
    this.socket = socket;
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
    resetConnection(this.socket, this.remote, this.scheme);
  }
}

const connections = new WeakMap<Socket, Connection>();
