import type { Socket } from "node:net";

import type { ResolvedListen } from "../config/listen-config.ts";
import { ProcessManager } from "../processes/process-manager.ts";
import type { ListenAddress } from "./listen-address.ts";
import { ListenSocket } from "./listen-socket.ts";

/**
 * Holds what outlives a worker: the listening sockets and the application processes. It hands each accepted connection on and
 * knows nothing of what is said on it, so that later another worker, or one in a process of its own, can take over.
 */
export class Supervisor {
  readonly processes: ProcessManager;
  readonly #wanted: readonly ResolvedListen[];
  #sockets: ListenSocket[] = [];

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

  /** Closes the listening sockets. */
  async stopAccepting(): Promise<void> {
    const sockets = this.#sockets.splice(0);
    await Promise.all(sockets.map((socket) => socket.close()));
  }
}
