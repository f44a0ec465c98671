import type { Socket } from "node:net";

import type { ResolvedListen } from "../config/listen-config.ts";
import { ProcessManager } from "../processes/process-manager.ts";
import { BoundSocket } from "./bound-socket.ts";
import type { ListenAddress } from "./listen-address.ts";
import { ListenSocket } from "./listen-socket.ts";

/**
 * Holds what outlives a worker: the listening sockets and the application processes. It knows nothing of what is said on a
 * connection: it hands each on that it accepted, or, to a worker in a process of its own, the sockets.
 */
export class Supervisor {
  readonly processes: ProcessManager;
  readonly #wanted: readonly ResolvedListen[];
  #sockets: (ListenSocket | BoundSocket)[] = [];

  constructor(listen: readonly ResolvedListen[], processes: ProcessManager) {
    this.#wanted = listen;
    this.processes = processes;
  }

  get addresses(): readonly ListenAddress[] {
    return this.#sockets.map((socket) => socket.address);
  }

  /**
   * Opens all listening sockets, or none.
   *
   * @param accept gets each connection, and the index of its address in the configuration
   * @throws `FCGI_ERR_LISTEN` for the first that cannot be opened
   */
  async open(accept: (socket: Socket, index: number) => void): Promise<void> {
    try {
      for (const [index, wanted] of this.#wanted.entries())
        this.#sockets.push(await ListenSocket.open(wanted, (socket) => accept(socket, index)));
    } catch (error) {
      await this.stopAccepting();
      throw error;
    }
  }

  /**
   * Binds all sockets, or none, for a worker in a process of its own, which listens on them.
   *
   * @throws as {@link Supervisor.open}
   */
  async bind(): Promise<readonly BoundSocket[]> {
    const bound: BoundSocket[] = [];
    try {
      for (const wanted of this.#wanted) {
        const socket = await BoundSocket.open(wanted);
        bound.push(socket);
        this.#sockets.push(socket);
      }
    } catch (error) {
      await this.stopAccepting();
      throw error;
    }
    return bound;
  }

  /** Closes the listening sockets. */
  async stopAccepting(): Promise<void> {
    const sockets = this.#sockets.splice(0);
    await Promise.all(sockets.map((socket) => socket.close()));
  }
}
