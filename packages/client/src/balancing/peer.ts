import { channels } from "../diagnostics.ts";
import type { DispatcherStats } from "../dispatcher.ts";
import { Pool } from "../pool.ts";
import type { PoolStats } from "../pool.ts";
import type { Runtime } from "../runtime.ts";
import { ActiveCheck } from "./active-check.ts";
import type { PeerSettings } from "./balanced-options.ts";
import type { ChoosablePeer } from "./choose-peer.ts";
import { PeerHealth } from "./peer-health.ts";
import type { PeerState } from "./peer-health.ts";

/** What a `BalancedPool` knows of one address. */
export interface PeerStats extends PoolStats {
  /** As configured. */
  weight: number;
  /** Is it one of those that serve when no other can? */
  backup: boolean;
  /** Whether requests go to it. */
  state: PeerState | "draining";
  /** Failures since the last success that count still. */
  fails: number;
  /** Requests, tries included, that it was given since it was added. */
  requests: number;
  /** How much of what its weight says it gets: less than 1 while it starts slowly. */
  share: number;
}

/** One address of a balanced pool: its connections, and what is known of its health. */
export class Peer implements ChoosablePeer {
  readonly index: number;
  readonly pool: Pool;
  readonly backup: boolean;
  readonly health: PeerHealth;
  readonly #weight: number;
  readonly #check: ActiveCheck | undefined;
  #active = 0;
  #requests = 0;
  #draining = false;

  constructor(index: number, settings: PeerSettings, runtime: Runtime, random: () => number) {
    this.index = index;
    this.backup = settings.backup;
    this.#weight = settings.weight;
    this.pool = new Pool(settings.address, settings.pool, runtime);
    const { address } = this.pool;
    this.health = new PeerHealth({
      options: settings.health,
      recovering: settings.slowly,
      clock: () => runtime.timeouts.clock(),
      random,
      onChange: (state) => {
        if (channels.peer.hasSubscribers) channels.peer.publish({ address, state });
      },
    });
    if (settings.check !== undefined) {
      this.#check = new ActiveCheck(address, settings.check, runtime, random, (up) => this.health.check(up));
    }
  }

  get address(): string {
    return this.pool.address;
  }

  get weight(): number {
    return this.#weight * this.health.share;
  }

  get active(): number {
    return this.#active;
  }

  get draining(): boolean {
    return this.#draining;
  }

  get admits(): boolean {
    return this.health.admits;
  }

  get full(): boolean {
    const most = this.pool.maxActive;
    return this.#active >= (most === Infinity ? most : Math.max(1, Math.ceil(most * this.health.share)));
  }

  get stats(): PeerStats {
    const state = this.#draining ? "draining" : this.health.state;
    const { fails, share } = this.health;
    const requests = this.#requests;
    return { ...this.pool.stats, weight: this.#weight, backup: this.backup, state, fails, requests, share };
  }

  /** A request goes there. @returns what to say with its end */
  begin(): number {
    this.#active++;
    this.#requests++;
    return this.health.begin();
  }

  end(): void {
    this.#active--;
  }

  /** Gets no more requests; ends when those that it has have ended. */
  async close(): Promise<void> {
    this.#stop();
    await this.pool.close();
  }

  async destroy(error?: Error): Promise<void> {
    this.#stop();
    await this.pool.destroy(error);
  }

  #stop(): void {
    if (!this.#draining && channels.peer.hasSubscribers) {
      channels.peer.publish({ address: this.address, state: "draining" });
    }
    this.#draining = true;
    this.#check?.stop();
  }
}

/** What all peers together are doing. */
export function sumOf(peers: readonly Peer[], queued: number): DispatcherStats {
  const sum = { active: 0, queued };
  for (const { pool } of peers) {
    const { stats } = pool;
    sum.active += stats.active;
    sum.queued += stats.queued;
  }
  return sum;
}
