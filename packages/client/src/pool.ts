import { formatAddress, parseAddress } from "@x/protocol/address";
import type { Address } from "@x/protocol/address";
import { FastCGIError } from "@x/protocol/errors";

import { ConnectionSet } from "./connection-set.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection.ts";
import { findTooLargeParam, planDispatch } from "./dispatch-plan.ts";
import { Dispatch } from "./dispatch.ts";
import type { DispatchOwner } from "./dispatch.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { DispatchController, DispatcherStats, DispatchHandler, DispatchOptions } from "./dispatcher.ts";
import { closedError, copyOf, destroyedError, queueFullError, queueTimeoutError } from "./pool-errors.ts";
import { poolSettings } from "./pool-options.ts";
import type { PoolOptions, PoolSettings } from "./pool-options.ts";
import { poolShape } from "./pool-shape.ts";
import type { PoolShape } from "./pool-shape.ts";
import { processRuntime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";
import type { Timeouts } from "./timeouts.ts";
import { WaitQueue } from "./wait-queue.ts";

/** What a {@link Pool} is doing. */
export interface PoolStats extends DispatcherStats {
  address: string;
  /** Connections that are open, idle ones included. */
  connections: number;
  /** Connections that are being opened. */
  connecting: number;
  /** Connections on which nothing runs. */
  idle: number;
  /** Connections ever opened. */
  opened: number;
  /** Requests that began on a connection which had served others. */
  reused: number;
  /** Requests at once on one connection: as configured, or 1 since the application refused more. */
  multiplex: number;
}

/**
 * All connections to one application. Requests beyond what it can take wait, first come first served.
 *
 * @example
 * const php = new Pool("unix:/run/php/php-fpm.sock", { capacity: 5 });
 */
export class Pool extends Dispatcher implements ConnectionOwner, DispatchOwner {
  readonly #address: Address;
  readonly #settings: PoolSettings;
  readonly #runtime: Runtime;
  readonly #queue: WaitQueue<Dispatch>;
  readonly #connections = new ConnectionSet();
  #shape: PoolShape;
  #active = 0;
  /** How many of those that wait need a fresh connection. */
  #freshQueued = 0;
  #opened = 0;
  #reused = 0;
  #pumping = false;
  /** Set by `close` and `destroy`: what later requests are told. */
  #ending: FastCGIError | undefined;
  #onDrained: (() => void)[] = [];

  /**
   * @param address `unix:/run/app.sock`, `unix:@abstract`, `tcp://host:9000` or `tcp://[::1]:9000`
   * @param runtime for tests: a clock and read buffers of their own
   * @throws FastCGIError `FCGI_ERR_BAD_ADDRESS`, `FCGI_ERR_INVALID_ARGUMENT`
   */
  constructor(address: string, options: PoolOptions = {}, runtime: Runtime = processRuntime) {
    super();
    this.#address = parseAddress(address);
    this.#settings = poolSettings(options);
    this.#runtime = runtime;
    this.#shape = poolShape(this.#settings);
    this.#queue = new WaitQueue({ timeouts: runtime.timeouts, onExpire: (dispatch) => this.#onExpire(dispatch) });
  }

  get address(): string {
    return formatAddress(this.#address);
  }

  get timeouts(): Timeouts {
    return this.#runtime.timeouts;
  }

  override get stats(): PoolStats {
    return {
      address: this.address,
      active: this.#active,
      queued: this.#queue.length,
      connections: this.#connections.open,
      connecting: this.#connections.connecting,
      idle: this.#connections.idle,
      opened: this.#opened,
      reused: this.#reused,
      multiplex: this.#shape.multiplex,
    };
  }

  override dispatch(options: DispatchOptions, handler: DispatchHandler): DispatchController {
    const plan = planDispatch(options, this.#settings);
    const dispatch = new Dispatch(this, plan, handler);
    const obstacle = this.#ending ?? abortedBefore(plan.signal) ?? findTooLargeParam(plan.params);
    if (obstacle !== undefined) return failSoon(dispatch, copyOf(obstacle));
    const connection = this.#queue.length === 0 ? this.#pick(dispatch) : undefined;
    if (connection !== undefined) {
      this.#begin(dispatch, connection);
    } else if (this.#queue.length - this.#room >= this.#settings.queue) {
      return failSoon(dispatch, queueFullError(this.#settings.queue));
    } else {
      this.#queue.push(dispatch, plan.queueTimeout);
      if (dispatch.fresh) this.#freshQueued++;
      this.#pump();
    }
    return dispatch;
  }

  override async close(): Promise<void> {
    this.#ending ??= closedError();
    this.#trimIdle();
    await this.#drained();
  }

  override async destroy(error?: Error): Promise<void> {
    this.#ending = destroyedError(error);
    this.#freshQueued = 0;
    for (const dispatch of this.#queue.drain()) dispatch.fail(copyOf(this.#ending));
    for (const connection of this.#connections) connection.destroy(copyOf(this.#ending));
    await this.#drained();
  }

  leave(dispatch: Dispatch): void {
    if (!this.#queue.remove(dispatch)) return;
    if (dispatch.fresh) this.#freshQueued--;
    // Attempts that nobody waits for any more.
    while ((this.#connections.connecting - 1) * this.#shape.multiplex >= this.#queue.length) {
      this.#connections.lastAttempt?.destroy(closedError());
    }
  }

  repeat(dispatch: Dispatch): boolean {
    if (this.#ending?.code === "FCGI_ERR_DESTROYED") return false;
    this.#queue.unshift(dispatch, dispatch.plan.queueTimeout);
    this.#freshQueued++;
    this.#pump();
    return true;
  }

  stopMultiplexing(): void {
    if (this.#shape.multiplex === 1) return;
    this.#shape = poolShape({ capacity: this.#settings.capacity, multiplex: 1, connections: undefined });
    for (const connection of this.#connections) connection.multiplex = 1;
  }

  onOpen(connection: Connection): void {
    this.#connections.opened(connection);
    this.#opened++;
    this.onFree(connection);
  }

  onConnectError(connection: Connection, error: FastCGIError): void {
    this.#connections.delete(connection);
    // As many as it would have taken, unless the attempts that still run will take them.
    const excess = this.#queue.length - this.#connections.connecting * this.#shape.multiplex;
    for (let count = Math.min(excess, this.#shape.multiplex); count > 0; count--) {
      const dispatch = this.#queue.first?.waiter;
      if (dispatch !== undefined) this.#shift(dispatch).fail(copyOf(error));
    }
    this.#pump();
    this.#checkDrained();
  }

  onActive(change: number): void {
    this.#active += change;
  }

  onFree(connection: Connection): void {
    if (connection.state !== "open" || connection.active > 0) return this.#pump();
    if (!connection.reusable || connection.age >= this.#shape.maxAge) return connection.close();
    if (connection.available) {
      this.#connections.markIdle(connection);
      this.#pump();
      if (!this.#connections.isIdle(connection)) return;
    }
    connection.rest(this.#shape.idleTime);
    this.#trimIdle();
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#pump();
    this.#checkDrained();
  }

  /** How many more requests may begin. */
  get #room(): number {
    return Math.max(0, this.#shape.maxActive - this.#active);
  }

  #pick(dispatch: Dispatch): Connection | undefined {
    return this.#room > 0 ? this.#connections.pick(dispatch.fresh) : undefined;
  }

  #begin(dispatch: Dispatch, connection: Connection): void {
    this.#connections.markBusy(connection);
    if (connection.begun > 0) this.#reused++;
    dispatch.begin(connection, this.#shape.keep && dispatch.plan.reuse);
    // Nothing began when a param could not be sent.
    if (connection.active === 0) this.onFree(connection);
  }

  #shift(dispatch: Dispatch): Dispatch {
    this.#queue.remove(dispatch);
    if (dispatch.fresh) this.#freshQueued--;
    return dispatch;
  }

  /** Begins what can begin, in order; then dials for those that wait. */
  #pump(): void {
    if (this.#pumping || this.#queue.length === 0) return;
    this.#pumping = true;
    let sharedLeft = true;
    let freshLeft = this.#freshQueued;
    let entry = this.#queue.first;
    while (entry !== undefined && this.#room > 0 && (sharedLeft || freshLeft > 0)) {
      const { waiter } = entry;
      const connection = waiter.fresh || sharedLeft ? this.#pick(waiter) : undefined;
      if (connection !== undefined) {
        this.#begin(this.#shift(waiter), connection);
        freshLeft = this.#freshQueued;
        entry = this.#queue.first;
        continue;
      }
      if (waiter.fresh) freshLeft--;
      else sharedLeft = false;
      entry = entry.next;
    }
    this.#pumping = false;
    this.#dial();
  }

  /** Opens connections for those that wait and may begin, as far as the shape allows. */
  #dial(): void {
    const { multiplex, maxConnections } = this.#shape;
    for (;;) {
      const { connecting, coldest } = this.#connections;
      const waiting = Math.min(this.#queue.length, this.#room);
      const freshNeeded = Math.min(this.#freshQueued, this.#room) > connecting;
      if (!freshNeeded && waiting <= connecting * multiplex) return;
      if (this.#connections.usable(multiplex) >= maxConnections) {
        // An idle connection that is of no use to those that wait makes room; on a multiplexing
        // application, whose connections cost it nothing, one more is opened.
        if (coldest !== undefined && this.#freshQueued > 0) {
          coldest.close();
          continue;
        }
        if (multiplex === 1 || !freshNeeded) return;
      }
      const connectTimeout = this.#queue.first?.waiter.plan.connectTimeout ?? this.#settings.connectTimeout;
      const address = this.#address;
      const runtime = this.#runtime;
      this.#connections.add(new Connection({ address, multiplex, connectTimeout, runtime, owner: this }));
    }
  }

  #onExpire(dispatch: Dispatch): void {
    // One whose connection is under way has only the connect timeout left to fear.
    if (this.#queue.isAmongFirst(dispatch, this.#connections.connecting * this.#shape.multiplex)) return;
    this.leave(dispatch);
    dispatch.fail(queueTimeoutError(dispatch.plan.queueTimeout));
  }

  #trimIdle(): void {
    const most = this.#ending === undefined ? this.#shape.maxIdle : 0;
    while (this.#connections.idle > most) this.#connections.coldest?.close();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained.push(resolve);
      this.#checkDrained();
    });
  }

  #checkDrained(): void {
    if (this.#ending === undefined || this.#queue.length > 0 || this.#connections.size > 0) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

function abortedBefore(signal: AbortSignal | undefined): FastCGIError | undefined {
  if (signal?.aborted !== true) return undefined;
  return new FastCGIError("FCGI_ERR_ABORTED", "The request was aborted before it began.", {
    cause: signal.reason,
    phase: "queue",
  });
}

/** Failures are told after `dispatch` has returned, when the caller has the controller. */
function failSoon(dispatch: Dispatch, error: FastCGIError): Dispatch {
  process.nextTick(() => dispatch.fail(error));
  return dispatch;
}
