import { formatApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress, ApplicationProtocol } from "@x/protocol/address";
import type { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import { createLearner } from "./capacity-learner.ts";
import type { CapacityLearner } from "./capacity-learner.ts";
import { ConnectionSet } from "./connection-set.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOwner } from "./connection.ts";
import type { DialOptions } from "./connector.ts";
import type { Dispatch, DispatchOwner } from "./dispatch.ts";
import { resolverFor } from "./name-resolver.ts";
import type { NameResolver } from "./name-resolver.ts";
import { closedError, copyOf, destroyedError, queueFullError, queueTimeoutError } from "./pool-errors.ts";
import type { PoolSettings } from "./pool-options.ts";
import { MOST_REQUESTS, poolShape } from "./pool-shape.ts";
import type { PoolCapacity, PoolShape } from "./pool-shape.ts";
import type { Runtime } from "./runtime.ts";
import type { SlabPool } from "./slabs.ts";
import type { Timeouts } from "./timeouts.ts";
import { WaitQueue } from "./wait-queue.ts";

/**
 * Brings dispatches and connections of one address together: who begins on which connection, who
 * waits, when a connection is opened, kept and closed. The numbers come from the pool's shape.
 */
export class Scheduler implements ConnectionOwner, DispatchOwner {
  readonly address: string;
  readonly #application: ApplicationAddress;
  readonly #settings: PoolSettings;
  readonly #runtime: Runtime;
  readonly #queue: WaitQueue<Dispatch>;
  readonly #connections = new ConnectionSet();
  readonly #names: NameResolver | undefined;
  readonly #dialOptions: DialOptions;
  readonly #learner: CapacityLearner | undefined;
  #shape: PoolShape;
  /** It has refused to multiplex, whatever it says. */
  #single = false;
  #active = 0;
  /** How many of those that wait need a fresh connection. */
  #freshQueued = 0;
  #opened = 0;
  /** Those that have ended, but not for their consumers yet. */
  #held: Dispatch[] = [];
  #stalls = 0;
  #stallTime = 0;
  #reused = 0;
  /** At which idle connections that are too many are closed. */
  #trim: Timer | undefined;
  #pumping = false;
  #ending: FastCGIError | undefined;
  #onDrained: (() => void)[] = [];

  constructor(application: ApplicationAddress, settings: PoolSettings, runtime: Runtime) {
    this.address = formatApplicationAddress(application);
    this.#application = application;
    this.#settings = settings;
    this.#runtime = runtime;
    const { waitForStart, lookup } = settings;
    this.#names = resolverFor(application.address, lookup, () => runtime.timeouts.clock());
    this.#dialOptions = { waitForStart, lookup: this.#names?.lookup };
    this.#learner = createLearner(application, settings, runtime, (capacity) => this.#reshape(capacity));
    // What is to be learned is not known yet.
    this.#shape = poolShape(settings.learn ? { ...settings, multiplex: 1 } : settings);
    this.#queue = new WaitQueue({ timeouts: runtime.timeouts, onExpire: (dispatch) => this.#onExpire(dispatch) });
  }

  get protocol(): ApplicationProtocol {
    return this.#application.protocol;
  }

  get timeouts(): Timeouts {
    return this.#runtime.timeouts;
  }

  get slabs(): SlabPool {
    return this.#runtime.slabs;
  }

  /** How often, and for how many ms, a slow consumer has stopped others on its connection. */
  get stalls(): { stalls: number; stallTime: number } {
    return { stalls: this.#stalls, stallTime: Math.round(this.#stallTime) };
  }

  /** Requests that run. */
  get active(): number {
    return this.#active;
  }

  /** Requests that wait. */
  get queued(): number {
    return this.#queue.length;
  }

  get connections(): ConnectionSet {
    return this.#connections;
  }

  /** Connections ever opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Requests that began on a connection which had served others. */
  get reused(): number {
    return this.#reused;
  }

  /** Requests at once on one connection. */
  get multiplex(): number {
    return this.#shape.multiplex;
  }

  /** Requests at once, on all connections. */
  get maxActive(): number {
    return this.#shape.maxActive;
  }

  /** Set by `close` and `destroy`: what later requests are told. */
  get ending(): FastCGIError | undefined {
    return this.#ending;
  }

  /**
   * Begins it on a connection that is there, or lets it wait for one.
   *
   * @returns the error if neither is possible
   */
  add(dispatch: Dispatch): FastCGIError | undefined {
    this.#learner?.touch();
    const connection = this.#queue.length === 0 ? this.#pick(dispatch) : undefined;
    if (connection !== undefined) {
      this.#begin(dispatch, connection);
      return undefined;
    }
    if (this.#queue.length - this.#room >= this.#settings.queue) return queueFullError(this.#settings.queue);
    this.#queue.push(dispatch, dispatch.plan.queueTimeout);
    if (dispatch.fresh) this.#freshQueued++;
    this.#pump();
    return undefined;
  }

  async close(): Promise<void> {
    this.#ending ??= closedError();
    this.#stopTimers();
    this.#trimIdle();
    await this.#drained();
  }

  async destroy(error?: Error): Promise<void> {
    this.#ending = destroyedError(error);
    this.#stopTimers();
    this.#freshQueued = 0;
    for (const dispatch of this.#queue.drain()) dispatch.fail(copyOf(this.#ending));
    for (const connection of this.#connections) connection.destroy(copyOf(this.#ending));
    for (const dispatch of [...this.#held]) dispatch.abort(copyOf(this.#ending));
    await this.#drained();
  }

  leave(dispatch: Dispatch): void {
    if (!this.#queue.remove(dispatch)) return;
    if (dispatch.fresh) this.#freshQueued--;
    // Attempts that nobody waits for any more.
    const needed = Math.max(this.#freshQueued, Math.ceil(this.#queue.length / this.#shape.multiplex));
    while (this.#connections.connecting > needed) {
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
    this.#single = true;
    this.#shape = poolShape({ capacity: this.#settings.capacity, multiplex: 1, connections: undefined });
    for (const connection of this.#connections) connection.multiplex = 1;
  }

  hold(dispatch: Dispatch, held: boolean): void {
    if (held) {
      this.#held.push(dispatch);
      return;
    }
    this.#held = this.#held.filter((other) => other !== dispatch);
    this.#checkDrained();
  }

  onStall(time: number): void {
    if (time === 0) this.#stalls++;
    this.#stallTime += time;
  }

  onOpen(connection: Connection): void {
    this.#connections.opened(connection);
    this.#opened++;
    this.onFree(connection);
    this.onQuiet(connection);
  }

  onConnectError(connection: Connection, error: FastCGIError): void {
    this.#connections.delete(connection);
    this.#learner?.forget();
    // As many as it would have taken, unless the attempts that still run will take them.
    const excess = this.#queue.length - this.#connections.connecting * this.#shape.multiplex;
    // Of those that share no connection each has an attempt of its own.
    if (excess <= 0 && this.#freshQueued > this.#connections.connecting) {
      const dispatch = this.#queue.find(({ fresh }) => fresh);
      if (dispatch !== undefined) this.#shift(dispatch).fail(copyOf(error));
    }
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
    if (connection.state === "open") this.#retireStale(connection);
    if (connection.state !== "open" || connection.active > 0) return this.#pump();
    if (!connection.reusable) return connection.close();
    if (!connection.available) return;
    this.#connections.markIdle(connection);
    this.#pump();
  }

  onQuiet(connection: Connection): void {
    if (connection.state !== "open" || connection.active > 0 || connection.resting) return;
    const left = this.#shape.maxAge - connection.age;
    if (left <= 0) return connection.close();
    connection.rest(Math.min(this.#shape.idleTime, left));
    this.#trimSoon();
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#pump();
    this.#checkDrained();
  }

  #reshape(learned: PoolCapacity): void {
    this.#shape = poolShape(this.#single ? { ...learned, multiplex: 1 } : learned);
    for (const connection of this.#connections) connection.multiplex = this.#shape.multiplex;
    this.#trimIdle();
    this.#pump();
  }

  /** A connection on which something always runs has to go some day, too, and sooner when its host has moved. */
  #retireStale(connection: Connection): void {
    if (connection.age >= this.#shape.maxAge) return connection.close();
    if (this.#shape.multiplex === 1) return;
    this.#names?.recheck((addresses) => {
      for (const each of this.#connections) {
        if (each.state === "open" && !addresses.has(each.remoteAddress)) each.close();
      }
      this.#pump();
    });
  }

  /** How many more requests may begin. */
  get #room(): number {
    return Math.max(0, this.#shape.maxActive - this.#active);
  }

  #pick(dispatch: Dispatch): Connection | undefined {
    return this.#room > 0 ? this.#connections.pick(dispatch.fresh, this.#shape.multiplex > 1) : undefined;
  }

  #begin(dispatch: Dispatch, connection: Connection): void {
    this.#connections.markBusy(connection);
    if (connection.begun > 0) this.#reused++;
    dispatch.begin(connection, this.#shape.keep && !dispatch.alone);
    if (connection.begun >= MOST_REQUESTS) connection.close();
    // Nothing began when a param could not be sent.
    if (connection.active > 0) return;
    this.onFree(connection);
    this.onQuiet(connection);
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
    let dialled = 0;
    let entry = this.#queue.first;
    while (entry !== undefined && this.#room > 0 && (sharedLeft || freshLeft > 0)) {
      const { waiter } = entry;
      const connection = waiter.fresh || sharedLeft ? this.#pick(waiter) : undefined;
      if (connection !== undefined) {
        this.#begin(this.#shift(waiter), connection);
        freshLeft = this.#freshQueued;
        dialled = 0;
        entry = this.#queue.first;
        continue;
      }
      if (waiter.fresh) {
        freshLeft--;
        // Those behind it would else take all that come free, and leave it none.
        this.#connections.makeRoom(++dialled, this.#shape);
      } else sharedLeft = false;
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
      const application = this.#application;
      const runtime = this.#runtime;
      this.#connections.add(
        new Connection({ application, multiplex, connectTimeout, dial: this.#dialOptions, runtime, owner: this }),
      );
    }
  }

  #onExpire(dispatch: Dispatch): void {
    // One whose connection is under way has only the connect timeout left to fear.
    if (this.#queue.isAmongFirst(dispatch, this.#connections.connecting * this.#shape.multiplex)) return;
    this.leave(dispatch);
    dispatch.fail(queueTimeoutError(dispatch.plan.queueTimeout));
  }

  /**
   * Closes idle connections that are too many at the next tick, if they still are: under load the next request takes them at once, and
   * would have to open another.
   */
  #trimSoon(): void {
    if (!this.#shape.keep || this.#ending !== undefined) this.#trimIdle();
    else if (this.#connections.idle > this.#shape.maxIdle && this.#trim?.active !== true)
      this.#trim = this.#runtime.timeouts.schedule(0, () => this.#trimIdle());
  }

  #stopTimers(): void {
    this.#learner?.stop();
    if (this.#trim !== undefined) this.#runtime.timeouts.cancel(this.#trim);
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

  /** Looks once more when the turn is over: a request whose connection has just gone may be about to wait for another. */
  #checkDrained(): void {
    if (!this.#isDrained) return;
    queueMicrotask(() => {
      if (!this.#isDrained) return;
      for (const resolve of this.#onDrained.splice(0)) resolve();
    });
  }

  get #isDrained(): boolean {
    const { length } = this.#queue;
    return this.#ending !== undefined && length + this.#connections.size + this.#held.length === 0;
  }
}
