import type { Connection } from "./connection.ts";
import type { PoolShape } from "./pool-shape.ts";

/**
 * The connections of a pool, by what they are doing. Lists and not `Set`s: where a connection serves
 * one request, each would come and go, and the tables that a `Set` leaves behind when it grows anew
 * keep all later ones, and with them every request, from the young generation's garbage collection.
 */
export class ConnectionSet {
  readonly #connecting: Connection[] = [];
  readonly #open: Connection[] = [];
  /** Those of the open ones on which nothing runs; the last one is the warmest. */
  readonly #idle: Connection[] = [];

  /** All of them, those that are being opened included. */
  get size(): number {
    return this.#connecting.length + this.#open.length;
  }

  /**
   * Those that count against the limit. On an application that multiplexes, one that takes no more
   * requests but has to wait for its last does not.
   */
  usable(multiplex: number): number {
    if (multiplex === 1) return this.size;
    let count = this.#connecting.length;
    for (const connection of this.#open) if (connection.reusable) count++;
    return count;
  }

  get connecting(): number {
    return this.#connecting.length;
  }

  get open(): number {
    return this.#open.length;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** A connection that is being opened. */
  add(connection: Connection): void {
    this.#connecting.push(connection);
  }

  /** It is open. */
  opened(connection: Connection): void {
    remove(this.#connecting, connection);
    this.#open.push(connection);
  }

  /** It is gone. */
  delete(connection: Connection): void {
    remove(this.#connecting, connection);
    remove(this.#open, connection);
    this.markBusy(connection);
  }

  /** Nothing runs on it: it is the next to be picked. */
  markIdle(connection: Connection): void {
    if (connection.idle) return;
    connection.idle = true;
    this.#idle.push(connection);
  }

  markBusy(connection: Connection): void {
    if (!connection.idle) return;
    connection.idle = false;
    remove(this.#idle, connection);
  }

  /**
   * A connection for one more request: the warmest idle one, or the least busy one that multiplexes.
   *
   * @param fresh only one that has served nobody yet
   * @param shared may it serve others already?
   */
  pick(fresh: boolean, shared: boolean): Connection | undefined {
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const connection = this.#idle[index]!;
      if (connection.available && !(fresh && connection.begun > 0)) return connection;
    }
    return shared && !fresh ? this.#leastBusy() : undefined;
  }

  /** Closes an idle one if `count` fresh ones are needed, and there is no room for so many. */
  makeRoom(count: number, { multiplex, maxConnections }: PoolShape): void {
    if (count > this.connecting + maxConnections - this.usable(multiplex)) this.coldest?.close();
  }

  /** The idle connection that has been so for longest. */
  get coldest(): Connection | undefined {
    return this.#idle[0];
  }

  /** The attempt that began last. */
  get lastAttempt(): Connection | undefined {
    return this.#connecting.at(-1);
  }

  *[Symbol.iterator](): IterableIterator<Connection> {
    yield* [...this.#connecting, ...this.#open];
  }

  #leastBusy(): Connection | undefined {
    let best: Connection | undefined;
    for (const connection of this.#open) {
      if (connection.available && (best === undefined || connection.active < best.active)) best = connection;
    }
    return best;
  }
}

/** Searched from the end, where what changes most stands. */
function remove(list: Connection[], connection: Connection): void {
  const at = list.lastIndexOf(connection);
  if (at < 0) return;
  if (at === list.length - 1) list.pop();
  else list.splice(at, 1);
}
