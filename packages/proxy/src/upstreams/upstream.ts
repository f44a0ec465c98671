import { BalancedPool, Pool, rendezvous } from "@x/client";
import type {
  BalancedPoolOptions,
  DispatchController,
  DispatchHandler,
  DispatchOptions,
  PeerOptions,
  PeerStats,
  PoolStats,
} from "@x/client";
import { FastCGIError } from "@x/protocol/errors";

import type { ResolvedPolicy } from "../config/policy-config.ts";
import type { ResolvedTimeouts } from "../config/resolved-config.ts";
import type { ResolvedAddress, ResolvedUpstream } from "../config/upstream-config.ts";
import type { ExchangeTarget } from "./exchange-target.ts";
import { StickyCookie } from "./sticky-cookie.ts";

/** What an upstream is doing. */
export interface UpstreamStats {
  /** Requests that run. */
  readonly active: number;
  /** Requests that wait for a place. */
  readonly queued: number;
  /** Tries beyond the first, ever. */
  readonly retries: number;
  /** In the order of the configuration; of several also their weight and health. */
  readonly addresses: readonly (PoolStats | PeerStats)[];
}

/** An application: its addresses, each with its pool of connections. */
export class Upstream implements ExchangeTarget {
  readonly name: string;
  /** Do all addresses take several requests at once on one connection? */
  readonly multiplexes: boolean;
  readonly cookie: StickyCookie | undefined;
  readonly #config: ResolvedUpstream;
  /** A sole address is never left out, and needs nobody who chooses. */
  readonly #pool: Pool | BalancedPool;

  /** @throws FastCGIError `FCGI_ERR_CONFIG` without an address, `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT` */
  constructor(config: ResolvedUpstream, timeouts: ResolvedTimeouts) {
    const { name, addresses, policy, health, check, queue, maxTries, retryBudget } = config;
    this.name = name;
    this.#config = config;
    const [sole, ...others] = addresses;
    if (sole === undefined) {
      const message = `the upstream ${JSON.stringify(name)} has no address: that of a process is chosen when createProxyServer starts it.`;
      throw new FastCGIError("FCGI_ERR_CONFIG", message, { phase: "configure" });
    }
    this.multiplexes = addresses.every(({ multiplex }) => multiplex > 1);
    if (typeof policy === "object" && "cookie" in policy) this.cookie = new StickyCookie(policy.cookie);
    const common = {
      queue,
      queueTimeout: timeouts.queue,
      connectTimeout: timeouts.connect,
      headersTimeout: timeouts.firstByte,
      bodyTimeout: timeouts.idle,
      sendTimeout: timeouts.send,
    };
    if (others.length === 0) {
      const { capacity, multiplex, connections } = sole;
      this.#pool = new Pool(sole.address, { ...common, capacity, multiplex, connections });
      return;
    }
    this.#pool = new BalancedPool(addresses.map(peerOf), {
      ...common,
      ...health,
      maxTries,
      retryBudget,
      policy: this.#policy(),
      check: check && { ...check, expectStatus: statusTest(check.status) },
    });
  }

  /** As configured. */
  get addresses(): readonly string[] {
    return this.#config.addresses.map(({ address }) => address);
  }

  get policy(): ResolvedPolicy {
    return this.#config.policy;
  }

  get stats(): UpstreamStats {
    if (this.#pool instanceof BalancedPool) {
      const { active, queued, retries, peers } = this.#pool.stats;
      return { active, queued, retries, addresses: peers };
    }
    const { stats } = this.#pool;
    return { active: stats.active, queued: stats.queued, retries: 0, addresses: [stats] };
  }

  dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    return this.#pool.dispatch(options, handler);
  }

  /**
   * Gives an address no more requests, and waits for those that it has.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an address that it does not have, or for its last one
   */
  async drain(address: string): Promise<void> {
    const pool = this.#pool;
    const left = pool instanceof BalancedPool ? pool.stats.peers.filter(({ state }) => state !== "draining") : [];
    if (!(pool instanceof BalancedPool) || (left.length === 1 && left[0]?.address === address)) {
      const message = `${address} is the only address of ${JSON.stringify(this.name)}: its requests would have nowhere to go.`;
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
    }
    await pool.drain(address);
  }

  /**
   * Gives requests again to an address that was drained.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for one that is not configured, or has requests already
   */
  restore(address: string): void {
    const configured = this.#config.addresses.find((it) => it.address === address);
    if (configured === undefined || !(this.#pool instanceof BalancedPool)) {
      const known = `its addresses are ${this.addresses.join(", ")}.`;
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `${JSON.stringify(this.name)} has no ${address}: ${known}`);
    }
    this.#pool.add(peerOf(configured));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async destroy(error?: Error): Promise<void> {
    await this.#pool.destroy(error);
  }

  #policy(): BalancedPoolOptions["policy"] {
    const { policy } = this.#config;
    if (typeof policy === "string") return policy;
    return "hash" in policy ? rendezvous(policy.hash) : this.cookie?.policy;
  }
}

function peerOf({ address, capacity, multiplex, connections, weight, backup }: ResolvedAddress): PeerOptions {
  return { address, capacity, multiplex, connections, weight, backup };
}

function statusTest(statuses: readonly number[]): ((statusCode: number) => boolean) | undefined {
  return statuses.length === 0 ? undefined : (statusCode) => statuses.includes(statusCode);
}
