import type { Runtime } from "./runtime.ts";
import type { Slab } from "./slabs.ts";
import type { ClientSocket } from "./socket.ts";

/**
 * The receiving half of a connection: the slab that the socket reads into, and whether it reads. It
 * pauses for consumers that ask for it, and while consumers hold so many slabs that none is free.
 *
 * A socket keeps its buffer in a pause, and gets another one only when it has read. So a pause that a
 * read has led to is sat out with a small one, which the first read after it fills: a thousand
 * consumers that wait must not hold 64 KiB each.
 */
export class ConnectionInput {
  readonly #runtime: Runtime;
  readonly #onResumed: () => void;
  readonly #onSlabFree = (): void => this.resume();
  #socket: ClientSocket | undefined;
  #slab: Slab;
  #small = false;
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

  /** The `length` bytes read were delivered: goes on in another slab when somebody keeps this one, or another size is wanted. */
  delivered(length: number): void {
    const { slabs } = this.#runtime;
    const { held } = this.#slab;
    if (held && slabs.exhausted) {
      this.pause();
      slabs.whenFree(this.#onSlabFree);
    }
    if (!held && this.paused === this.#small) return this.#slab.scrub(length);
    this.#slab.disarm();
    this.#small = this.paused;
    this.#slab = this.#small ? slabs.takeSmall() : slabs.take();
  }

  close(): void {
    this.#closed = true;
    this.#runtime.slabs.forget(this.#onSlabFree);
    this.#slab.disarm();
  }
}
