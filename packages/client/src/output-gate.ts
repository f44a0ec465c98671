import type { FastCGIError } from "@x/protocol/errors";
import type { Timer } from "@x/protocol/timers";

import type { ConnectionInput } from "./connection-input.ts";
import { stallError } from "./dispatch-errors.ts";
import { HeldOutput } from "./held-output.ts";
import type { Slab, SlabPool } from "./slabs.ts";
import type { Timeouts } from "./timeouts.ts";

/** The request that a gate is for. */
export interface GateTarget {
  /** Do others use its connection now? */
  readonly shares: boolean;
  deliver(chunk: Uint8Array, stderr: boolean): void;
  /** Everything that was held was taken. */
  onDrained(): void;
  fail(error: FastCGIError): void;
}

/** What all gates of a pool share. */
export interface GateOwner {
  readonly timeouts: Timeouts;
  readonly slabs: SlabPool;
  /** A consumer that took nothing has stopped others on its connection for `time` ms; 0 when it begins. */
  onStall(time: number): void;
}

/** Limits of a gate. */
export interface GateLimits {
  /** Bytes held for a paused consumer that shares its connection. */
  streamBuffer: number;
  /** ms for which it may stop the others then. */
  stallTimeout: number;
}

/**
 * Between a connection and a consumer that has paused. Alone on its connection, the connection is not read. With others on it,
 * what comes is held up to a limit, so that they are served; beyond it they have to wait, for a limited time.
 *
 * Made at the first pause: a request that never pauses has none.
 */
export class OutputGate {
  readonly #target: GateTarget;
  readonly #input: ConnectionInput;
  readonly #owner: GateOwner;
  readonly #limits: GateLimits;
  #paused = false;
  /** Is the connection paused by it? */
  #stopped = false;
  #held: HeldOutput | undefined;
  #slab: Slab | undefined;
  #draining = false;
  #stall: Timer | undefined;
  #stalledAt = 0;

  constructor(target: GateTarget, input: ConnectionInput, owner: GateOwner, limits: GateLimits) {
    this.#target = target;
    this.#input = input;
    this.#owner = owner;
    this.#limits = limits;
  }

  /** Is something held? */
  get holding(): boolean {
    return this.#held !== undefined;
  }

  /** The slab of the held piece that is being delivered. */
  get slab(): Slab | undefined {
    return this.#slab;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    if (!this.#stopped && (!this.#target.shares || this.#limits.streamBuffer === 0)) this.#stop();
  }

  /** @returns false when it was not paused */
  resume(): boolean {
    if (!this.#paused) return false;
    this.#paused = false;
    if (this.#held === undefined) this.#goOn();
    else if (!this.#draining) {
      this.#draining = true;
      process.nextTick(() => this.#drain());
    }
    return true;
  }

  /**
   * Takes a chunk, unless it may be delivered now: alone on a connection, what was read before the pause still is.
   *
   * @returns whether it was taken
   */
  take(chunk: Uint8Array, start: number, end: number, stderr: boolean): boolean {
    if (this.#held === undefined && (!this.#paused || this.#stopped)) return false;
    const held = (this.#held ??= new HeldOutput(this.#owner.slabs));
    held.push(chunk, start, end, stderr);
    if (!this.#stopped && (held.bytes >= this.#limits.streamBuffer || !this.#target.shares)) this.#stop();
    return true;
  }

  /** Nothing more comes: the connection is for others now. What is held stays. */
  end(): void {
    this.#goOn();
    if (this.#held === undefined) this.#paused = false;
  }

  /** Nobody wants anything any more. */
  close(): void {
    this.#goOn();
    this.#paused = false;
    this.#held?.clear();
    this.#held = undefined;
  }

  #stop(): void {
    this.#stopped = true;
    this.#input.pause();
    if (!this.#target.shares) return;
    const { timeouts } = this.#owner;
    const { stallTimeout } = this.#limits;
    this.#stalledAt = timeouts.clock();
    this.#owner.onStall(0);
    const time = stallTimeout === 0 ? FOREVER : stallTimeout;
    this.#stall = timeouts.schedule(time, () => this.#target.fail(stallError(stallTimeout)));
  }

  #goOn(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    if (this.#stall !== undefined) {
      const { timeouts } = this.#owner;
      timeouts.cancel(this.#stall);
      this.#stall = undefined;
      this.#owner.onStall(timeouts.clock() - this.#stalledAt);
    }
    this.#input.resume();
  }

  /** Delivers what was held, in order, as long as the consumer takes it. */
  #drain(): void {
    const held = this.#held;
    while (held !== undefined && this.#held === held && !this.#paused && !held.empty) {
      const { slab, start, end, stderr } = held.shift()!;
      this.#slab = slab;
      this.#target.deliver(slab.buffer.subarray(start, end), stderr);
      this.#slab = undefined;
      slab.release();
    }
    this.#draining = false;
    if (held === undefined || this.#held !== held || !held.empty) return;
    held.clear();
    this.#held = undefined;
    if (this.#paused) {
      if (!this.#stopped && !this.#target.shares) this.#stop();
    } else this.#goOn();
    this.#target.onDrained();
  }
}

/** The wheel's longest time: some 24 days. */
const FOREVER = 2 ** 31 - 1;
