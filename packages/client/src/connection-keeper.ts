import type { Timer } from "@x/protocol/timers";

import type { ConnectionSet } from "./connection-set.ts";
import type { Connection } from "./connection.ts";
import type { NameResolver } from "./name-resolver.ts";
import type { PoolShape } from "./pool-shape.ts";
import type { Timeouts } from "./timeouts.ts";

/** The pool whose connections a {@link ConnectionKeeper} looks after. */
export interface KeeperOwner {
  readonly connections: ConnectionSet;
  readonly timeouts: Timeouts;
  readonly shape: PoolShape;
  /** Does it take no more requests? */
  readonly closing: boolean;
  /** Some were closed: what waits may need others. */
  onRetired(): void;
}

/** How long connections are kept: closes those that are too old, too many, or whose host has moved. */
export class ConnectionKeeper {
  readonly #owner: KeeperOwner;
  readonly #names: NameResolver | undefined;
  #trim: Timer | undefined;

  /** @param names what the host's name leads to, if it has one */
  constructor(owner: KeeperOwner, names: NameResolver | undefined) {
    this.#owner = owner;
    this.#names = names;
  }

  /** A connection on which something always runs has to go some day, too, and sooner when its host has moved. */
  retireStale(connection: Connection): void {
    const { connections, shape } = this.#owner;
    if (connection.age >= shape.maxAge) return connection.close();
    if (shape.multiplex === 1) return;
    this.#names?.recheck((addresses) => {
      for (const each of connections) {
        if (each.state === "open" && !addresses.has(each.remoteAddress)) each.close();
      }
      this.#owner.onRetired();
    });
  }

  /** Nothing runs on it: it rests for as long as the shape allows. */
  rest(connection: Connection): void {
    const { idleTime, maxAge } = this.#owner.shape;
    const left = maxAge - connection.age;
    if (left <= 0) return connection.close();
    connection.rest(Math.min(idleTime, left));
    this.#trimSoon();
  }

  /** Closes the idle connections that are too many; all of them when the pool closes. */
  trim(): void {
    const { connections, shape, closing } = this.#owner;
    const most = closing ? 0 : shape.maxIdle;
    while (connections.idle > most) connections.coldest?.close();
  }

  /** Nothing is to be closed by itself any more. */
  stop(): void {
    if (this.#trim !== undefined) this.#owner.timeouts.cancel(this.#trim);
  }

  /**
   * Closes idle connections that are too many at the next tick, if they still are: under load the next request takes them at once, and
   * would have to open another.
   */
  #trimSoon(): void {
    const { connections, timeouts, shape, closing } = this.#owner;
    if (!shape.keep || closing) this.trim();
    else if (connections.idle > shape.maxIdle && this.#trim?.active !== true) {
      this.#trim = timeouts.schedule(0, () => this.trim());
    }
  }
}
