import { WriteStream } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

import type { DispatchController } from "./dispatcher.ts";
import type { Slab } from "./slabs.ts";

/** A smaller chunk (bytes) is cheaper to copy than to hold all that was read with it. */
const LEAST = 4_096;

/** What a chunk that is lent holds (bytes): the slab that it was read into. */
const SLAB = 65_536;

/** As much (bytes) may be on its way: the next ones come while the first are written. */
const MOST = 4 * SLAB;

/** From so little on it reads again. */
const FEW = SLAB;

/** What chunks are lent to. */
export type LentTo = Socket | WriteStream;

/**
 * Between a body and the file or socket that it is piped into: each chunk is written from where it was read to, and that is
 * read into again when it was written. Chunks of the reader's own would wait for the garbage collector, 64 MiB of them and more.
 */
export class BodyLender {
  readonly #body: Readable;
  readonly #controller: DispatchController;
  readonly #target: LentTo;
  /** What `pipe` has made listen. */
  readonly #piped: ((chunk: Buffer) => void) | undefined;
  /** Bytes on their way. */
  #pending = 0;
  #paused = false;

  /** To be made right after `body.pipe(target)`. */
  constructor(body: Readable, controller: DispatchController, target: LentTo) {
    this.#body = body;
    this.#controller = controller;
    this.#target = target;
    this.#piped = body.listeners("data").at(-1) as (chunk: Buffer) => void;
    const onUnpipe = (source: unknown): void => {
      if (source !== body) return;
      target.off("unpipe", onUnpipe);
      this.#readOn();
    };
    target.on("unpipe", onUnpipe);
  }

  /**
   * Writes the chunk that is being delivered, or a copy of it.
   *
   * @returns false when it has to go the way of all streams
   */
  lend(chunk: Uint8Array): boolean {
    if (!this.#isSoleReader()) return false;
    const slab = chunk.length < LEAST ? undefined : slabOf(chunk, this.#controller);
    if (slab === undefined) this.#write(Buffer.from(chunk), chunk.length);
    else this.#write(chunk, SLAB, slab);
    return true;
  }

  /** Writes a chunk that is the body's own; as {@link BodyLender.lend}. */
  give(chunk: Buffer): boolean {
    if (!this.#isSoleReader()) return false;
    this.#write(chunk, chunk.length);
    return true;
  }

  #write(chunk: Uint8Array, size: number, slab?: Slab): void {
    this.#pending += size;
    this.#target.write(chunk, () => this.#onWritten(size, slab));
    if (this.#pending < MOST || this.#paused) return;
    this.#paused = true;
    this.#controller.pause();
  }

  /** Is what comes now for the target, and for nobody else, and is nothing before it? */
  #isSoleReader(): boolean {
    const body = this.#body;
    return (
      body.readableFlowing === true &&
      body.readableLength === 0 &&
      body.listenerCount("data") === 1 &&
      body.listenerCount("data", this.#piped) === 1
    );
  }

  /** Or it never will be. */
  #onWritten(size: number, slab: Slab | undefined): void {
    slab?.release();
    this.#pending -= size;
    if (this.#pending <= FEW) this.#readOn();
  }

  #readOn(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#controller.resume();
  }
}

/**
 * Is it one of Node's own that are done with a chunk when they call back? Others may keep it, as a PassThrough does; so may what
 * somebody has made of one of these.
 */
export function isLentTo(target: NodeJS.WritableStream): target is LentTo {
  return [WriteStream, Socket].some(
    ({ prototype }) =>
      prototype.isPrototypeOf(target) &&
      target.write === prototype.write &&
      (target as LentTo)._write === prototype._write &&
      (target as LentTo)._writev === prototype._writev,
  );
}

/**
 * Keeps the chunk that is being delivered, if that is this one (an interceptor may deliver what it likes, when it likes) and there
 * are slabs enough: those who are slow must not stop all others from reading.
 */
function slabOf({ buffer }: Uint8Array, controller: DispatchController): Slab | undefined {
  let slab: Slab;
  try {
    slab = controller.retain();
  } catch {
    return undefined;
  }
  if (slab.buffer.buffer === buffer && !slab.scarce) return slab;
  slab.release();
  return undefined;
}
