import type { Socket } from "node:net";

import { AddressSet, clientNetwork, plainAddress } from "../http/addresses.ts";
import { type SurplusConnection, refusedChannel } from "./refused.ts";

/** How many connections there may be. */
export interface AdmissionRules {
  /** Of all clients. */
  readonly connections: number;
  /** Of one address; Infinity: any. */
  readonly connectionsPerAddress: number;
  /** Addresses that stand for many clients. */
  readonly proxies: readonly string[];
}

/** Counts connections, and closes those that are too many. */
export class Admission {
  readonly #rules: AdmissionRules;
  readonly #proxies: AddressSet;
  readonly #byAddress = new Map<string, number>();
  #open = 0;
  #refused = 0;

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
    this.#proxies = new AddressSet(rules.proxies);
  }

  /** Connections that were closed as they came. */
  get refused(): number {
    return this.#refused;
  }

  /** Counts a connection until it is closed. @returns false when it was one too many, and is closed already */
  admit(socket: Socket): boolean {
    const { connections } = this.#rules;
    if (this.#open >= connections) return this.#refuse(socket, { limit: "limits.connections", allowed: connections });
    this.#open++;
    socket.once("close", () => this.#open--);
    return true;
  }

  /**
   * Counts it as one of a client.
   *
   * @param address undefined: a UNIX socket
   * @returns false when it was one too many, and is closed already
   */
  admitFrom(socket: Socket, address: string | undefined): boolean {
    const allowed = this.#rules.connectionsPerAddress;
    if (allowed === Infinity || address === undefined || this.#proxies.has(address)) return true;
    const client = clientNetwork(address);
    const count = this.#byAddress.get(client) ?? 0;
    if (count >= allowed) {
      return this.#refuse(socket, { limit: "limits.connectionsPerAddress", allowed }, plainAddress(address));
    }
    this.#byAddress.set(client, count + 1);
    socket.once("close", () => {
      const left = (this.#byAddress.get(client) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(client);
      else this.#byAddress.set(client, left);
    });
    return true;
  }

  #refuse(socket: Socket, what: Omit<SurplusConnection, "remote">, remote = socket.remoteAddress): false {
    this.#refused++;
    socket.destroy();
    if (refusedChannel.hasSubscribers) refusedChannel.publish({ ...what, remote });
    return false;
  }
}
