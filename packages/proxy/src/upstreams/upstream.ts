import { Pool } from "@x/client";
import type { PoolStats } from "@x/client";
import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedTimeouts, ResolvedUpstream } from "../config/resolved-config.ts";

/** Requests that may wait, shared out over the addresses. */
const QUEUE = 256;

/** An application: its addresses, each with its pool of connections, used in turn. */
export class Upstream {
  readonly name: string;
  /** Do all addresses take several requests at once on one connection? */
  readonly multiplexes: boolean;
  readonly #pools: readonly Pool[];
  #next = 0;

  /** @throws FastCGIError `FCGI_ERR_CONFIG` without an address, `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT` */
  constructor(config: ResolvedUpstream, timeouts: ResolvedTimeouts) {
    this.name = config.name;
    if (config.addresses.length === 0) {
      const message = `the upstream ${JSON.stringify(config.name)} has no address: that of a process is chosen when createProxyServer starts it.`;
      throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
    }
    this.multiplexes = config.addresses.every(({ multiplex }) => multiplex > 1);
    this.#pools = config.addresses.map(
      ({ address, capacity, multiplex, connections }) =>
        new Pool(address, {
          capacity,
          multiplex,
          connections,
          queue: Math.ceil(QUEUE / config.addresses.length),
          queueTimeout: timeouts.queue,
          connectTimeout: timeouts.connect,
          headersTimeout: timeouts.firstByte,
          bodyTimeout: timeouts.idle,
          sendTimeout: timeouts.send,
        }),
    );
  }

  /** How many addresses there are to try. */
  get size(): number {
    return this.#pools.length;
  }

  get stats(): readonly PoolStats[] {
    return this.#pools.map((pool) => pool.stats);
  }

  /** Where the next request begins to try: each address in its turn. */
  turn(): number {
    const turn = this.#next;
    this.#next = turn + 1 === this.#pools.length ? 0 : turn + 1;
    return turn;
  }

  /** The address to try at `turn`, counted on around the circle. */
  pool(turn: number): Pool {
    return this.#pools[turn % this.#pools.length] as Pool;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  async destroy(error?: Error): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy(error)));
  }
}
