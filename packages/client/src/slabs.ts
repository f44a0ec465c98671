import { FastCGIError } from "@x/protocol/errors";

/** How a {@link SlabPool} is made. */
export interface SlabPoolOptions {
  /**
   * Bytes of one slab, which is the most that one read can bring.
   *
   * @default 65536
   */
  size?: number;
  /**
   * Slabs that consumers may hold at once; while they hold that many, connections do not read.
   *
   * @default 1024 (64 MiB)
   */
  limit?: number;
}

/** Free slabs of each size that are kept for the next read; the memory of more goes back at once. */
const FREE_KEPT = 64;

/** Bytes of a small slab: what nginx gives a connection at a time (`fastcgi_buffers`). */
const SMALL = 8_192;

let poison = false;

/**
 * For tests of programs that keep chunks: from now on a slab is filled with 0xDD as soon as nobody
 * holds it any more, so that a chunk which was neither retained nor copied shows.
 */
export function poisonReleasedSlabs(enabled: boolean): void {
  poison = enabled;
}

/**
 * A read buffer. The connection reads into it; a consumer that wants to keep a chunk beyond its
 * callback retains the slab, and the connection then goes on with another one.
 */
export class Slab {
  /** The bytes; only what was delivered as a chunk means something. */
  readonly buffer: Buffer;
  readonly #pool: SlabPool;
  /** Does a connection read into it? */
  #armed = true;
  #holders = 0;

  constructor(pool: SlabPool, size: number) {
    this.#pool = pool;
    this.buffer = Buffer.allocUnsafeSlow(size);
  }

  /** Does a consumer hold it? */
  get held(): boolean {
    return this.#holders > 0;
  }

  /** Do consumers hold so many slabs of its pool that one who can copy should not keep another? */
  get scarce(): boolean {
    return this.#pool.scarce;
  }

  /** One more holder; each has to call {@link Slab.release} once. */
  retain(): this {
    if (this.#holders++ === 0) this.#pool.countHeld(1);
    return this;
  }

  /**
   * One holder less; the last one gives the bytes back.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when it is released more often than retained
   */
  release(): void {
    if (this.#holders === 0) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "A slab was released more often than it was retained.");
    }
    if (--this.#holders > 0) return;
    if (!this.#armed) this.#pool.give(this);
    this.#pool.countHeld(-1);
  }

  /** For the pool: a connection reads into it from now on. */
  arm(): this {
    this.#armed = true;
    return this;
  }

  /** For the connection: it reads elsewhere, or not at all, from now on. */
  disarm(): void {
    this.#armed = false;
    if (this.#holders === 0) this.#pool.give(this);
  }

  /** For the pool: takes the memory from it. The garbage collector would let 64 MB of slabs pile up first. */
  free(): void {
    (this.buffer.buffer as ArrayBuffer & TransferableBuffer).transfer(0);
  }

  /** For tests: see {@link poisonReleasedSlabs}. */
  scrub(bytes: number = this.buffer.length): void {
    if (poison) this.buffer.fill(0xdd, 0, bytes);
  }
}

/** ES2024, of which the compiler's library knows nothing yet. */
interface TransferableBuffer {
  transfer(length: number): ArrayBuffer;
}

/** Read buffers, used again and again by all connections of a process. */
export class SlabPool {
  readonly #size: number;
  readonly #small: number;
  readonly #limit: number;
  readonly #free: Slab[] = [];
  readonly #freeSmall: Slab[] = [];
  readonly #waiting = new Set<() => void>();
  #held = 0;

  constructor(options: SlabPoolOptions = {}) {
    this.#size = options.size ?? 65_536;
    this.#small = Math.min(SMALL, this.#size);
    this.#limit = options.limit ?? 1_024;
  }

  /** Slabs that consumers hold at the moment. */
  get held(): number {
    return this.#held;
  }

  /** Do consumers hold so many that nothing more may be read? */
  get exhausted(): boolean {
    return this.#held >= this.#limit;
  }

  /** Is half of what consumers may hold in their hands? */
  get scarce(): boolean {
    return this.#held > this.#limit / 2;
  }

  /** A slab to read into. Never refused: a connection without one could not even see its peer close. */
  take(): Slab {
    return this.#free.pop()?.arm() ?? new Slab(this, this.#size);
  }

  /** One of 8 KiB at most, for a connection that does not read for now: it holds its buffer all the same. */
  takeSmall(): Slab {
    return this.#freeSmall.pop()?.arm() ?? new Slab(this, this.#small);
  }

  /** Calls `resume` once, when a slab comes back; connections resume in the order in which they paused. */
  whenFree(resume: () => void): void {
    this.#waiting.add(resume);
  }

  /** Takes back what {@link SlabPool.whenFree} was told. */
  forget(resume: () => void): void {
    this.#waiting.delete(resume);
  }

  /** For slabs: nobody uses `slab` any more. */
  give(slab: Slab): void {
    slab.scrub();
    const free = slab.buffer.length === this.#size ? this.#free : this.#freeSmall;
    if (free.length < FREE_KEPT) free.push(slab);
    else slab.free();
  }

  /** For slabs: one more or one less is held. */
  countHeld(change: 1 | -1): void {
    this.#held += change;
    if (change === 1 || this.exhausted) return;
    for (const resume of this.#waiting) {
      this.#waiting.delete(resume);
      resume();
      return;
    }
  }
}
