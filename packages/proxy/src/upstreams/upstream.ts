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

import type { UpstreamStatus } from "../admin/status.ts";
import type { ResolvedPolicy } from "../config/policy-config.ts";
import type { ResolvedTimeouts } from "../config/resolved-config.ts";
import type { ResolvedAddress, ResolvedUpstream } from "../config/upstream-config.ts";
import type { ExchangeTarget } from "./exchange-target.ts";
import { peersOfGroup, solePeer } from "./peer-status.ts";
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
  /** Addresses that get no requests, each with the end of those that it had. */
  readonly #drained = new Map<string, Promise<void>>();
  #requests = 0;

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

  /** As {@link Upstream.stats}, for people: all addresses of the configuration, those that were drained too. */
  get status(): UpstreamStatus {
    const { name, queue, addresses } = this.#config;
    const { active, queued, retries } = this.stats;
    const peers =
      this.#pool instanceof BalancedPool
        ? peersOfGroup(addresses, this.#pool.stats.peers)
        : [solePeer(addresses[0] as ResolvedAddress, this.#pool.stats, this.#requests)];
    return { name, active, queued, queue, requests: this.#requests, retries, peers };
  }

  dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    this.#requests++;
    return this.#pool.dispatch(options, handler);
  }

  /**
   * Gives an address no more requests, and waits for those that it has. One that is drained already stays so.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an address that it does not have, or for its last one
   */
  async drain(address: string): Promise<void> {
    this.#require(address);
    const pool = this.#pool;
    const left = this.addresses.filter((it) => !this.#drained.has(it));
    if (!(pool instanceof BalancedPool) || (left.length === 1 && left[0] === address)) {
      const message = `${address} is the only address of ${JSON.stringify(this.name)} that takes requests: they would have nowhere to go.`;
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
    }
    const before = this.#drained.get(address);
    const drained = before ?? pool.drain(address);
    this.#drained.set(address, drained);
    await drained;
  }

  /**
   * Gives requests again to an address that was drained: slowly, as to one that has recovered.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for one that is not configured, or has requests already
   */
  restore(address: string): void {
    const configured = this.#require(address);
    if (!(this.#pool instanceof BalancedPool) || !this.#drained.delete(address)) {
      const message = `${address} of ${JSON.stringify(this.name)} was not drained: it takes requests.`;
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
    }
    this.#pool.add({ ...peerOf(configured), slowly: true });
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async destroy(error?: Error): Promise<void> {
    await this.#pool.destroy(error);
  }

  #require(address: string): ResolvedAddress {
    const configured = this.#config.addresses.find((it) => it.address === address);
    if (configured !== undefined) return configured;
    const known = this.addresses.length === 1 ? "its address is" : "its addresses are";
    const message = `${JSON.stringify(this.name)} has no ${address}: ${known} ${this.addresses.join(", ")}.`;
    throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
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
