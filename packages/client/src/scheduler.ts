import { formatApplicationAddress } from "@x/protocol/address";
import type { ApplicationAddress, ApplicationProtocol } from "@x/protocol/address";
import type { FastCGIError } from "@x/protocol/errors";

import { createLearner } from "./capacity-learner.ts";
import type { CapacityLearner } from "./capacity-learner.ts";
import { ConnectionKeeper } from "./connection-keeper.ts";
import type { KeeperOwner } from "./connection-keeper.ts";
import { ConnectionSet } from "./connection-set.ts";
import type { Connection } from "./connection.ts";
import { Dialler } from "./dialler.ts";
import type { DiallerOwner } from "./dialler.ts";
import { DispatchQueue } from "./dispatch-queue.ts";
import type { Dispatch, DispatchOwner } from "./dispatch.ts";
import { DrainWatch } from "./drain-watch.ts";
import { resolverFor } from "./name-resolver.ts";
import { closedError, copyOf, destroyedError, queueFullError, queueTimeoutError } from "./pool-errors.ts";
import type { PoolSettings } from "./pool-options.ts";
import { MOST_REQUESTS, poolShape } from "./pool-shape.ts";
import type { PoolCapacity, PoolShape } from "./pool-shape.ts";
import type { Runtime } from "./runtime.ts";
import type { SlabPool } from "./slabs.ts";
import type { Timeouts } from "./timeouts.ts";

/**
 * Brings dispatches and connections of one address together: who begins on which connection, and
 * who waits. The numbers come from the pool's shape.
 */
export class Scheduler implements DiallerOwner, DispatchOwner, KeeperOwner {
  readonly address: string;
  readonly #application: ApplicationAddress;
  readonly #settings: PoolSettings;
  readonly #runtime: Runtime;
  readonly #queue: DispatchQueue;
  readonly #connections = new ConnectionSet();
  readonly #keeper: ConnectionKeeper;
  readonly #dialler: Dialler;
  readonly #learner: CapacityLearner | undefined;
  #shape: PoolShape;
  /** It has refused to multiplex, whatever it says. */
  #single = false;
  #active = 0;
  #opened = 0;
  /** Those that have ended, but not for their consumers yet. */
  #held: Dispatch[] = [];
  #stalls = 0;
  #stallTime = 0;
  #reused = 0;
  #pumping = false;
  #ending: FastCGIError | undefined;
  readonly #drain = new DrainWatch(() => this.#isDrained);

  constructor(application: ApplicationAddress, settings: PoolSettings, runtime: Runtime) {
    this.address = formatApplicationAddress(application);
    this.#application = application;
    this.#settings = settings;
    this.#runtime = runtime;
    const { waitForStart, lookup } = settings;
    const names = resolverFor(application.address, lookup, () => runtime.timeouts.clock());
    this.#keeper = new ConnectionKeeper(this, names);
    this.#learner = createLearner(application, settings, runtime, (capacity) => this.#reshape(capacity));
    // What is to be learned is not known yet.
    this.#shape = poolShape(settings.learn ? { ...settings, multiplex: 1 } : settings);
    this.#queue = new DispatchQueue({ timeouts: runtime.timeouts, onExpire: (dispatch) => this.#onExpire(dispatch) });
    this.#dialler = new Dialler({
      application,
      connectTimeout: settings.connectTimeout,
      dial: { waitForStart, lookup: names?.lookup },
      runtime,
      queue: this.#queue,
      owner: this,
    });
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

  get shape(): PoolShape {
    return this.#shape;
  }

  /** How many more requests may begin. */
  get room(): number {
    return Math.max(0, this.#shape.maxActive - this.#active);
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

  get closing(): boolean {
    return this.#ending !== undefined;
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
    if (this.#queue.length - this.room >= this.#settings.queue) return queueFullError(this.#settings.queue);
    this.#queue.push(dispatch, dispatch.plan.queueTimeout);
    this.#pump();
    return undefined;
  }

  async close(): Promise<void> {
    this.#ending ??= closedError();
    this.#stopTimers();
    this.#keeper.trim();
    await this.#drain.wait();
  }

  async destroy(error?: Error): Promise<void> {
    this.#ending = destroyedError(error);
    this.#stopTimers();
    for (const dispatch of this.#queue.drain()) dispatch.fail(copyOf(this.#ending));
    for (const connection of this.#connections) connection.destroy(copyOf(this.#ending));
    for (const dispatch of [...this.#held]) dispatch.abort(copyOf(this.#ending));
    await this.#drain.wait();
  }

  leave(dispatch: Dispatch): void {
    if (!this.#queue.remove(dispatch)) return;
    // Attempts that nobody waits for any more.
    const needed = Math.max(this.#queue.fresh, Math.ceil(this.#queue.length / this.#shape.multiplex));
    while (this.#connections.connecting > needed) {
      this.#connections.lastAttempt?.destroy(closedError());
    }
  }

  repeat(dispatch: Dispatch): boolean {
    if (this.#ending?.code === "FCGI_ERR_DESTROYED") return false;
    this.#queue.unshift(dispatch, dispatch.plan.queueTimeout);
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
    this.#drain.check();
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
    if (excess <= 0 && this.#queue.fresh > this.#connections.connecting) {
      const dispatch = this.#queue.find(({ fresh }) => fresh);
      if (dispatch !== undefined) this.#queue.shift(dispatch).fail(copyOf(error));
    }
    for (let count = Math.min(excess, this.#shape.multiplex); count > 0; count--) {
      const dispatch = this.#queue.first?.waiter;
      if (dispatch !== undefined) this.#queue.shift(dispatch).fail(copyOf(error));
    }
    this.#pump();
    this.#drain.check();
  }

  onActive(change: number): void {
    this.#active += change;
  }

  onFree(connection: Connection): void {
    if (connection.state === "open") this.#keeper.retireStale(connection);
    if (connection.state !== "open" || connection.active > 0) return this.#pump();
    if (!connection.reusable) return connection.close();
    if (!connection.available) return;
    this.#connections.markIdle(connection);
    this.#pump();
  }

  onQuiet(connection: Connection): void {
    if (connection.state !== "open" || connection.active > 0 || connection.resting) return;
    this.#keeper.rest(connection);
  }

  onRetired(): void {
    this.#pump();
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#pump();
    this.#drain.check();
  }

  #reshape(learned: PoolCapacity): void {
    this.#shape = poolShape(this.#single ? { ...learned, multiplex: 1 } : learned);
    for (const connection of this.#connections) connection.multiplex = this.#shape.multiplex;
    this.#keeper.trim();
    this.#pump();
  }

  #pick(dispatch: Dispatch): Connection | undefined {
    return this.room > 0 ? this.#connections.pick(dispatch.fresh, this.#shape.multiplex > 1) : undefined;
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

  /** Begins what can begin, in order; then dials for those that wait. */
  #pump(): void {
    if (this.#pumping || this.#queue.length === 0) return;
    this.#pumping = true;
    let sharedLeft = true;
    let freshLeft = this.#queue.fresh;
    let dialled = 0;
    let entry = this.#queue.first;
    while (entry !== undefined && this.room > 0 && (sharedLeft || freshLeft > 0)) {
      const { waiter } = entry;
      const connection = waiter.fresh || sharedLeft ? this.#pick(waiter) : undefined;
      if (connection !== undefined) {
        this.#begin(this.#queue.shift(waiter), connection);
        freshLeft = this.#queue.fresh;
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
    this.#dialler.dial();
  }

  #onExpire(dispatch: Dispatch): void {
    // One whose connection is under way has only the connect timeout left to fear.
    if (this.#queue.isAmongFirst(dispatch, this.#connections.connecting * this.#shape.multiplex)) return;
    this.leave(dispatch);
    dispatch.fail(queueTimeoutError(dispatch.plan.queueTimeout));
  }

  #stopTimers(): void {
    this.#learner?.stop();
    this.#keeper.stop();
  }

  get #isDrained(): boolean {
    const { length } = this.#queue;
    return this.#ending !== undefined && length + this.#connections.size + this.#held.length === 0;
  }
}
