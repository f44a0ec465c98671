import { formatApplicationAddress, parseApplicationAddress } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { abortError } from "../dispatch-errors.ts";
import { planDispatch } from "../dispatch-plan.ts";
import { Dispatcher } from "../dispatcher.ts";
import type { DispatchController, DispatcherStats, DispatchHandler, DispatchOptions } from "../dispatcher.ts";
import { closedError, copyOf, destroyedError, queueFullError, queueTimeoutError } from "../pool-errors.ts";
import { poolSettings } from "../pool-options.ts";
import type { PoolSettings } from "../pool-options.ts";
import { processRuntime } from "../runtime.ts";
import type { Runtime } from "../runtime.ts";
import type { Timeouts } from "../timeouts.ts";
import { WaitQueue } from "../wait-queue.ts";
import { BalancedDispatch } from "./balanced-dispatch.ts";
import type { BalancedOwner } from "./balanced-dispatch.ts";
import { balancedSettings, peerSettings } from "./balanced-options.ts";
import type { BalancedPoolOptions, BalancedSettings, PeerOptions } from "./balanced-options.ts";
import { choosePeer } from "./choose-peer.ts";
import { blamesPeer } from "./elsewhere-rule.ts";
import { Peer, sumOf } from "./peer.ts";
import type { PeerStats } from "./peer.ts";
import { RetryBudget } from "./retry-budget.ts";

/** What a {@link BalancedPool} is doing. */
export interface BalancedPoolStats extends DispatcherStats {
  /** Tries beyond the first, ever. */
  retries: number;
  /** One for each address, in the order in which they were added. */
  peers: PeerStats[];
}

/** Retries in ten seconds that are always allowed. */
const LEAST_RETRIES = 3;

/**
 * Applications of one kind at several addresses. Each request goes to one that is healthy and not full; requests for which
 * there is none wait in one queue, first come first served. A request that was certainly not run is tried elsewhere.
 *
 * @example
 * const cluster = new BalancedPool(["tcp://php-1:9000", "tcp://php-2:9000"], { policy: "least-requests", capacity: 16 });
 */
export class BalancedPool extends Dispatcher implements BalancedOwner {
  readonly #options: BalancedPoolOptions;
  readonly #settings: BalancedSettings;
  readonly #defaults: PoolSettings;
  readonly #runtime: Runtime;
  readonly #random: () => number;
  readonly #budget: RetryBudget;
  readonly #queue: WaitQueue<BalancedDispatch>;
  #peers: Peer[] = [];
  #nextIndex = 0;
  #retries = 0;
  #running = 0;
  #pumping = false;
  #ending: FastCGIError | undefined;
  #onDrained: (() => void)[] = [];

  /**
   * @param runtime for tests: a clock and read buffers of their own
   * @param random for tests: 0 to below 1
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT`
   */
  constructor(
    peers: readonly (string | PeerOptions)[],
    options: BalancedPoolOptions = {},
    runtime: Runtime = processRuntime,
    random: () => number = Math.random,
  ) {
    super();
    this.#options = options;
    this.#settings = balancedSettings(options);
    this.#defaults = poolSettings(options);
    this.#runtime = runtime;
    this.#random = random;
    this.#budget = new RetryBudget(this.#settings.retryBudget, LEAST_RETRIES, () => runtime.timeouts.clock());
    this.#queue = new WaitQueue({ timeouts: runtime.timeouts, onExpire: (dispatch) => this.#onExpire(dispatch) });
    for (const peer of peers) this.add(peer);
  }

  /** @internal For interceptors and the policy. */
  get timeouts(): Timeouts {
    return this.#runtime.timeouts;
  }

  override get stats(): BalancedPoolStats {
    return {
      ...sumOf(this.#peers, this.#queue.length),
      retries: this.#retries,
      peers: this.#peers.map((peer) => peer.stats),
    };
  }

  /**
   * One more address, which takes requests from now on.
   *
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT`, also for an address that it has already
   */
  add(options: string | PeerOptions): void {
    if (this.#ending !== undefined) throw copyOf(this.#ending);
    const settings = peerSettings(options, this.#options, this.#settings);
    const address = canonical(settings.address);
    if (this.#find(address) !== undefined) throw invalid(`The address ${address} is there already.`);
    this.#peers.push(new Peer(this.#nextIndex++, settings, this.#runtime, this.#random));
    this.#pump();
  }

  /**
   * Gives an address no more requests, waits for those that it has, and forgets it.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for an address that it does not have
   */
  async drain(address: string): Promise<void> {
    const peer = this.#find(canonical(address));
    if (peer === undefined) throw invalid(`There is no address ${address} to drain.`);
    const closed = peer.close();
    this.#pump();
    await closed;
    this.#peers = this.#peers.filter((other) => other !== peer);
  }

  override dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    const plan = planDispatch(options, this.#defaults);
    const dispatch = new BalancedDispatch(this, options, plan, handler);
    const aborted = plan.signal?.aborted === true ? abortError(plan.signal.reason) : undefined;
    const obstacle = this.#ending ?? aborted ?? this.#place(dispatch);
    // Told after the return, when the caller has the controller.
    if (obstacle !== undefined) process.nextTick(() => dispatch.fail(copyOf(obstacle)));
    return dispatch;
  }

  override async close(): Promise<void> {
    this.#ending ??= closedError();
    if (this.#running > 0 || this.#queue.length > 0)
      await new Promise<void>((resolve) => this.#onDrained.push(resolve));
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  override async destroy(error?: Error): Promise<void> {
    this.#ending = destroyedError(error);
    for (const dispatch of this.#queue.drain()) dispatch.fail(copyOf(this.#ending));
    await Promise.all(this.#peers.map((peer) => peer.destroy(error)));
    this.#checkDrained();
  }

  /** For its requests. */
  leave(dispatch: BalancedDispatch): void {
    this.#queue.remove(dispatch);
    this.#checkDrained();
  }

  /** For its requests. */
  retry(dispatch: BalancedDispatch): boolean {
    if (this.#ending?.code === "FCGI_ERR_DESTROYED" || dispatch.tried.length >= this.#settings.maxTries) return false;
    const peer = choosePeer(this.#peers, this.#settings.policy, dispatch.request, dispatch.tried);
    if (peer === undefined || peer === "full" || !this.#budget.take()) return false;
    this.#retries++;
    this.#begin(dispatch, peer);
    return true;
  }

  /** For its requests. */
  onDone(peer: Peer, epoch: number, error: FastCGIError | undefined): void {
    this.#running--;
    peer.end();
    if (error === undefined) peer.health.succeed(epoch);
    else if (!blamesPeer(error.code)) peer.health.forget(epoch);
    // A sole address is never left out: there would be nobody.
    else if (this.#peers.length > 1) peer.health.fail(epoch);
    process.nextTick(() => {
      this.#pump();
      this.#checkDrained();
    });
  }

  /** @returns the error if it can neither begin nor wait */
  #place(dispatch: BalancedDispatch): FastCGIError | undefined {
    this.#budget.count();
    if (this.#queue.length === 0) {
      const peer = this.#choose(dispatch);
      if (peer === undefined) return noPeerError();
      if (peer !== "full") {
        this.#begin(dispatch, peer);
        return undefined;
      }
    }
    if (this.#queue.length >= this.#defaults.queue) return queueFullError(this.#defaults.queue);
    this.#queue.push(dispatch, dispatch.plan.queueTimeout);
    return undefined;
  }

  #choose(dispatch: BalancedDispatch): Peer | "full" | undefined {
    return choosePeer(this.#peers, this.#settings.policy, dispatch.request, dispatch.tried);
  }

  #begin(dispatch: BalancedDispatch, peer: Peer): void {
    this.#running++;
    dispatch.begin(peer);
  }

  /** Begins what can begin, in order. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let entry = this.#queue.first; entry !== undefined; entry = this.#queue.first) {
      const { waiter } = entry;
      const peer = this.#choose(waiter);
      if (peer === "full") break;
      this.#queue.remove(waiter);
      if (peer === undefined) waiter.fail(noPeerError());
      else this.#begin(waiter, peer);
    }
    this.#pumping = false;
  }

  #onExpire(dispatch: BalancedDispatch): void {
    this.#queue.remove(dispatch);
    dispatch.fail(queueTimeoutError(dispatch.plan.queueTimeout));
    this.#checkDrained();
  }

  #find(address: string): Peer | undefined {
    return this.#peers.find((peer) => peer.address === address && !peer.draining);
  }

  #checkDrained(): void {
    if (this.#ending === undefined || this.#running > 0 || this.#queue.length > 0) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

function canonical(address: string): string {
  return formatApplicationAddress(parseApplicationAddress(address));
}

function noPeerError(): FastCGIError {
  return new FastCGIError("FCGI_ERR_NO_UPSTREAM", "The pool has no address that takes requests: add one.", {
    phase: "queue",
  });
}

function invalid(message: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", message);
}
