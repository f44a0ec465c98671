import { WriteStream } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

import type { DispatchController } from "./dispatcher.ts";
import type { Slab } from "./slabs.ts";

/** A smaller chunk (bytes) is cheaper to copy than to hold all that was read with it. */
const LEAST = 4_096;

/** Chunks that are being written at once: the next ones come while the first are on their way. */
const MOST = 4;

/** From so few on it reads again. */
const FEW = 1;

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
  #lent = 0;
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
   * Writes the chunk that is being delivered.
   *
   * @returns false when it has to go the way of all streams
   */
  lend(chunk: Uint8Array): boolean {
    if (chunk.length < LEAST || !this.#isSoleReader()) return false;
    const slab = slabOf(chunk, this.#controller);
    if (slab === undefined) return false;
    this.#target.write(chunk, () => this.#onWritten(slab));
    if (++this.#lent < MOST) return true;
    this.#paused = true;
    this.#controller.pause();
    return true;
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
  #onWritten(slab: Slab): void {
    slab.release();
    if (--this.#lent <= FEW) this.#readOn();
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
