import { BLOCK_SIZE, SMALL_BLOCK_SIZE } from "./blocks.ts";
import type { SpoolFile } from "./spool-file.ts";
import type { Spool, SpoolProblem, SpoolPurpose } from "./spool.ts";

/** Told what becomes of a queue. */
export interface SpoolQueueOwner {
  /** `push` has said false; now it may go on. */
  onRoom(): void;
  /** The file takes no more. What was pushed stays in memory, and `push` says false early from now on. Told once, never within `push`. */
  onRefused(problem: SpoolProblem): void;
  /** What is in the file cannot be read back: the rest of the queue is lost. */
  onLost(problem: SpoolProblem): void;
}

/** Takes a piece of a queue. The bytes stay as they are until `release` is called, which need not happen. */
export type SpoolTaker = (bytes: Uint8Array, release: () => void) => void;

/** Bytes in memory at which the one who pushes is told to wait for the file. */
const HIGH = 2 * BLOCK_SIZE;

/** The bytes of a block that are in use. */
interface Filled {
  readonly block: Buffer;
  start: number;
  end: number;
}

/**
 * Bytes that wait, first in, first out: up to 64 KiB in memory, what comes after that in a spool file. Reading begins with what is in
 * the file; when all of that was read, the file is used again from its start.
 *
 * What is pushed is copied, so that many small pieces cost no more than their bytes.
 */
export class SpoolQueue {
  readonly #spool: Spool;
  readonly #purpose: SpoolPurpose;
  readonly #owner: SpoolQueueOwner;
  /** In order, after everything in the file. While `#writing`, the first one is on its way into the file. */
  readonly #blocks: Filled[] = [];
  #file: SpoolFile | undefined;
  /** The file's bytes that were written and not read. */
  #readAt = 0;
  #writeAt = 0;
  /** Bytes reserved: the most that the file has been. */
  #extent = 0;
  #length = 0;
  #writing = false;
  #reading = false;
  #taker: SpoolTaker | undefined;
  #takesSmall = false;
  #waiting = false;
  #settling = false;
  #refused = false;
  /** It told its owner that it is refused. */
  #told = false;
  /** A write has failed: it is not tried again. */
  #broken = false;
  #closed = false;

  constructor(spool: Spool, purpose: SpoolPurpose, owner: SpoolQueueOwner) {
    this.#spool = spool;
    this.#purpose = purpose;
    this.#owner = owner;
  }

  /** Bytes that were pushed and not taken. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds bytes at the end.
   *
   * @returns false when the next should wait for `onRoom`; they are taken all the same
   */
  push(chunk: Uint8Array): boolean {
    if (this.#closed) return false;
    const scarce = this.#isScarce(chunk.length);
    for (let at = 0; at < chunk.length;) at += this.#append(chunk, at, scarce);
    this.#length += chunk.length;
    this.#spill();
    this.#serve();
    if (this.#hasRoom) return true;
    this.#waiting = true;
    const problem = scarce ? this.#spool.check(this.#wanted(0), this.#purpose) : undefined;
    if (problem !== undefined) this.#tellRefused(problem);
    return false;
  }

  /**
   * Takes the next piece, if there is one: now, or when it has come from the file. One at a time.
   *
   * @param small for a piece that will be held long: 16 KiB at most
   */
  next(taker: SpoolTaker, small = false): void {
    if (this.#length === 0 || this.#closed) return;
    this.#taker = taker;
    this.#takesSmall = small;
    this.#serve();
  }

  /** Nothing more will be pushed for now: what is in memory goes into the file, if that is in use. */
  settle(): void {
    this.#settling = true;
    this.#spill();
  }

  /** Drops what is left and gives everything back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#taker = undefined;
    if (this.#file !== undefined) this.#spool.close(this.#file);
    this.#spool.release(this.#extent, this.#purpose);
    // A block on its way comes back by itself.
    for (const { block } of this.#blocks.splice(this.#writing ? 1 : 0)) this.#spool.blocks.give(block);
  }

  /**
   * Can no file take the next 64 KiB? An application is told to wait before they are in memory then; an upload is refused when it does
   * not fit, and not before.
   *
   * @param more bytes that come now
   */
  #isScarce(more: number): boolean {
    if (this.#refused || this.#broken) return true;
    if (this.#purpose === "request") return false;
    return !this.#spool.hasRoom(this.#wanted(more), this.#purpose);
  }

  /** Bytes to reserve for what is in memory, for `more` and for the next 64 KiB. */
  #wanted(more: number): number {
    return Math.max(0, this.#writeAt + this.#memory + more + BLOCK_SIZE - this.#extent);
  }

  get #hasRoom(): boolean {
    // What comes next may be another 64 KiB, which would be held in memory.
    return this.#memory < (this.#isScarce(0) ? 1 : HIGH);
  }

  /** @param scarce it may stay for long: in small blocks, which come back one after the other */
  #append(chunk: Uint8Array, at: number, scarce: boolean): number {
    const { length } = this.#blocks;
    let last = this.#blocks[length - 1];
    if (last === undefined || last.end === last.block.length || (length === 1 && this.#writing)) {
      const { blocks } = this.#spool;
      // Once a file is in use, a trickle is not worth a large one, nor is the rest of a chunk that one block did not hold.
      const small = scarce || ((this.#file !== undefined || length > 0) && chunk.length - at < SMALL_BLOCK_SIZE);
      last = { block: small ? blocks.takeSmall() : blocks.take(), start: 0, end: 0 };
      this.#blocks.push(last);
    }
    const count = Math.min(chunk.length - at, last.block.length - last.end);
    last.block.set(count === chunk.length ? chunk : chunk.subarray(at, at + count), last.end);
    last.end += count;
    return count;
  }

  get #memory(): number {
    return this.#length - (this.#writeAt - this.#readAt);
  }

  /** Brings the first block into the file, if there is enough to be worth it. */
  #spill(): void {
    const [first] = this.#blocks;
    if (first === undefined || this.#writing || this.#refused || this.#broken) return;
    // Once a file is in use, who is slow should not hold 64 KiB of memory as well.
    if (this.#file === undefined ? this.#memory < BLOCK_SIZE : first.end < (this.#settling ? 1 : SMALL_BLOCK_SIZE))
      return;
    const { block, start, end } = first;
    const extent = Math.max(this.#extent, this.#writeAt + end - start);
    const problem = this.#spool.reserve(extent - this.#extent, this.#purpose);
    if (problem !== undefined) {
      this.#refused = true;
      this.#tellRefused(problem);
      return;
    }
    this.#extent = extent;
    try {
      this.#file ??= this.#spool.open();
    } catch (error) {
      this.#break(error as Error);
      return;
    }
    this.#writing = true;
    this.#file.write(block.subarray(start, end), this.#writeAt, (error) => this.#onWritten(first, error));
  }

  #onWritten(first: Filled, error: Error | undefined): void {
    this.#writing = false;
    if (this.#closed) {
      this.#spool.blocks.give(first.block);
      return;
    }
    if (error === undefined) {
      this.#blocks.shift();
      this.#spool.blocks.give(first.block);
      this.#writeAt += first.end - first.start;
      this.#spill();
    } else this.#break(error);
    this.#serve();
    this.#tellRoom();
  }

  /** Gives whoever waits for it the next piece, if it is at hand. */
  #serve(): void {
    if (this.#taker === undefined || this.#reading) return;
    const left = this.#writeAt - this.#readAt;
    if (left > 0) this.#read(this.#file!, left);
    // What is being written is read back: it must not be taken twice.
    else if (!this.#writing) {
      const [first] = this.#blocks;
      if (first !== undefined) this.#take(first);
    }
  }

  #take(first: Filled): void {
    const { block, start, end } = first;
    if (!this.#takesSmall || end - start <= SMALL_BLOCK_SIZE) {
      this.#blocks.shift();
      this.#deliver(block, start, end);
      return;
    }
    const small = this.#spool.blocks.takeSmall();
    first.start += block.copy(small, 0, start, start + SMALL_BLOCK_SIZE);
    this.#deliver(small, 0, SMALL_BLOCK_SIZE);
  }

  #read(file: SpoolFile, left: number): void {
    const { blocks } = this.#spool;
    const block = this.#takesSmall ? blocks.takeSmall() : blocks.take();
    const length = Math.min(left, block.length);
    this.#reading = true;
    file.read(block.subarray(0, length), this.#readAt, (error) => {
      this.#reading = false;
      if (this.#closed) blocks.give(block);
      else if (error !== undefined) this.#owner.onLost(this.#spool.problem(error));
      else {
        this.#readAt += length;
        if (this.#readAt === this.#writeAt && !this.#writing) this.#readAt = this.#writeAt = 0;
        this.#deliver(block, 0, length);
      }
    });
  }

  #deliver(block: Buffer, start: number, end: number): void {
    const taker = this.#taker;
    this.#taker = undefined;
    this.#length -= end - start;
    taker?.(block.subarray(start, end), () => this.#spool.blocks.give(block));
    this.#tellRoom();
  }

  #tellRoom(): void {
    if (!this.#waiting || this.#closed || !this.#hasRoom) return;
    this.#waiting = false;
    // Perhaps there is room in the file now.
    this.#refused = false;
    this.#owner.onRoom();
  }

  #break(error: Error): void {
    this.#broken = true;
    this.#tellRefused(this.#spool.problem(error));
  }

  #tellRefused(problem: SpoolProblem): void {
    if (this.#told) return;
    this.#told = true;
    // Not within push: its caller is in the middle of something.
    process.nextTick(() => {
      if (!this.#closed) this.#owner.onRefused(problem);
    });
  }
}
