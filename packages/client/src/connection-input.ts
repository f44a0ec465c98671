import type { Runtime } from "./runtime.ts";
import type { Slab } from "./slabs.ts";
import type { ClientSocket } from "./socket.ts";

/**
 * The receiving half of a connection: the slab that the socket reads into, and whether it reads. It
 * pauses for consumers that ask for it, and while consumers hold so many slabs that none is free.
 */
export class ConnectionInput {
  readonly #runtime: Runtime;
  readonly #onResumed: () => void;
  readonly #onSlabFree = (): void => this.resume();
  #socket: ClientSocket | undefined;
  #slab: Slab;
  #pauses = 0;
  #readingSince = 0;
  #closed = false;

  /** @param onResumed it reads again after a pause */
  constructor(runtime: Runtime, onResumed: () => void) {
    this.#runtime = runtime;
    this.#onResumed = onResumed;
    this.#slab = runtime.slabs.take();
  }

  /** What the socket reads into. */
  get slab(): Slab {
    return this.#slab;
  }

  get paused(): boolean {
    return this.#pauses > 0;
  }

  /** The time since which it reads without a pause, by the clock of the last tick; `Infinity` in a pause. */
  get readingSince(): number {
    return this.paused ? Infinity : this.#readingSince;
  }

  open(socket: ClientSocket): void {
    this.#socket = socket;
  }

  /** Reads nothing until {@link ConnectionInput.resume} was called as often. */
  pause(): void {
    if (this.#pauses++ === 0) this.#socket?.pause();
  }

  resume(): void {
    if (--this.#pauses > 0 || this.#closed) return;
    this.#readingSince = this.#runtime.timeouts.now;
    this.#socket?.resume();
    this.#onResumed();
  }

  /** The `length` bytes read were delivered: goes on in another slab when somebody keeps this one. */
  delivered(length: number): void {
    if (!this.#slab.held) return this.#slab.scrub(length);
    const { slabs } = this.#runtime;
    this.#slab.disarm();
    this.#slab = slabs.take();
    if (!slabs.exhausted) return;
    this.pause();
    slabs.whenFree(this.#onSlabFree);
  }

  close(): void {
    this.#closed = true;
    this.#runtime.slabs.forget(this.#onSlabFree);
    this.#slab.disarm();
  }
}
