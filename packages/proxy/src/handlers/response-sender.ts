import type { DispatchController } from "@x/client";

import type { GatewayResponse } from "../gateway-request.ts";
import { BLOCK_SIZE, SMALL_BLOCK_SIZE } from "../spool/blocks.ts";
import { SpoolQueue, type SpoolQueueOwner } from "../spool/spool-queue.ts";
import type { Spool, SpoolProblem } from "../spool/spool.ts";

/** From here on a chunk stays where it lies until it is written; a smaller one is copied. */
const KEEP_FROM = 4_096;

/**
 * Chunks that all responses of the process may keep so, each in a slab of 64 KiB: clients that are slow must not use up the buffers that
 * all connections to applications read into. Beyond that, chunks are copied into blocks of our own.
 */
const KEPT = 64;

let kept = 0;

/** Bytes that may be on their way to a client at once: what a socket's own buffer takes. */
const ON_THE_WAY = 65_536;

/** The same for all clients together. When they are so many that do not take what is on its way, each gets small pieces alone. */
const ON_ALL_WAYS = 8 * 1_024 * 1_024;

let onAllWays = 0;

/** Milliseconds for a piece that make a client slow: it gets smaller ones then, since each is held in memory until it is taken. */
const SLOW = 100;

/** So many pieces without such a delay, 1 MiB, and it is slow no more. */
const TRUSTED = 64;

/** How what a client does not take is handled. */
export interface SendingRules {
  readonly spool: Spool;
  /** Store it, so that the application need not wait for the client? */
  readonly store: boolean;
}

/**
 * The body of a response on its way from the application to the client. It goes out as it comes. What the client does not take waits
 * in a queue, in memory first and then in a file, so that the application is done when it has sent everything; only when the file
 * takes no more, or nothing is to be stored, does the application wait for the client. When no file takes anything and clients are slow,
 * it waits for each piece: then no more than that is read at a time, and held.
 */
export class ResponseSender implements SpoolQueueOwner {
  readonly #response: GatewayResponse;
  readonly #rules: SendingRules;
  readonly #onLost: (error: Error) => void;
  #controller: DispatchController | undefined;
  #queue: SpoolQueue | undefined;
  #paused = false;
  /** It is counted among those for which there was no room. */
  #refused = false;
  /** Pieces on their way that will be told when they were taken. */
  #onTheWay = 0;
  /** The next piece is being had from the queue, or will be at the end of this turn. */
  #fetching = false;
  /** Pieces until the client is slow no more. */
  #slow = 0;
  #onSent: (() => void) | undefined;

  /** @param onLost what was stored cannot be sent: the response is to be cut */
  constructor(response: GatewayResponse, rules: SendingRules, onLost: (error: Error) => void) {
    this.#response = response;
    this.#rules = rules;
    this.#onLost = onLost;
    if (!rules.store) response.onDrain = () => this.#resume();
  }

  /** A chunk that is valid until this returns. */
  write(chunk: Uint8Array, controller: DispatchController): void {
    this.#controller = controller;
    if (this.#rules.store && !this.#fits(chunk.length)) this.#store(chunk);
    else if (!this.#send(chunk, controller) && !this.#rules.store) this.#pause();
    else if (
      this.#rules.store &&
      this.#onTheWay > 0 &&
      this.#takesSmall &&
      !this.#rules.spool.hasRoom(BLOCK_SIZE, "response")
    ) {
      this.onRefused();
      this.#pause();
    }
  }

  /** The application has sent everything: `onSent` is called when all of it was given to the client. */
  end(onSent: () => void): void {
    this.#controller = undefined;
    this.#onSent = onSent;
    if (this.#queue === undefined || this.#queue.length === 0) this.#finish();
    else this.#queue.settle();
  }

  /** Nobody wants the rest. */
  drop(): void {
    this.#onSent = undefined;
    this.#controller = undefined;
    this.#queue?.close();
  }

  onRoom(): void {
    this.#resume();
  }

  onRefused(): void {
    // The queue says false early from now on: the application waits.
    if (this.#refused) return;
    this.#refused = true;
    this.#rules.spool.countRefused();
  }

  onLost(problem: SpoolProblem): void {
    this.#onLost(new Error(problem.reason));
  }

  /** May a chunk of that length go out at once? */
  #fits(length: number): boolean {
    if (this.#fetching || (this.#queue?.length ?? 0) > 0) return false;
    const most = this.#takesSmall ? SMALL_BLOCK_SIZE : ON_THE_WAY;
    const { unsent } = this.#response;
    return unsent + length <= most || (unsent === 0 && !this.#takesSmall);
  }

  get #takesSmall(): boolean {
    return this.#slow > 0 || onAllWays > ON_ALL_WAYS;
  }

  #send(chunk: Uint8Array, controller: DispatchController): boolean {
    if (chunk.length < KEEP_FROM) return this.#response.write(chunk);
    if (kept < KEPT) {
      const slab = controller.retain();
      kept++;
      return this.#give(chunk, () => {
        kept--;
        slab.release();
      });
    }
    const { blocks } = this.#rules.spool;
    const block = blocks.takeFor(chunk.length);
    block.set(chunk);
    return this.#give(block.subarray(0, chunk.length), () => blocks.give(block));
  }

  /** Gives the client bytes that stay as they are until they are released. */
  #give(bytes: Uint8Array, release: () => void): boolean {
    const began = performance.now();
    // All of the buffer is held, whatever is in it.
    const held = bytes.buffer.byteLength;
    this.#onTheWay++;
    onAllWays += held;
    return this.#response.write(bytes, () => {
      onAllWays -= held;
      release();
      if (performance.now() - began > SLOW) this.#slow = TRUSTED;
      else if (this.#slow > 0) this.#slow--;
      if (--this.#onTheWay > 0 || this.#fetching) return;
      this.fetch();
      if (!this.#fetching && this.#rules.store) this.#resume();
    });
  }

  #store(chunk: Uint8Array): void {
    this.#queue ??= new SpoolQueue(this.#rules.spool, "response", this);
    if (!this.#queue.push(chunk)) this.#pause();
    if (this.#onTheWay > 0 || this.#fetching) return;
    // What comes in the same turn leaves together.
    this.#fetching = true;
    process.nextTick(fetchNext, this);
  }

  /** Gives the client the next piece of the queue, if there is one. */
  fetch(): void {
    const queue = this.#queue;
    this.#fetching = queue !== undefined && queue.length > 0;
    queue?.next((bytes, release) => {
      this.#fetching = false;
      this.#give(bytes, release);
      if (queue.length === 0) this.#finish();
    }, this.#takesSmall);
  }

  /** All that came so far has been given to the client. */
  #finish(): void {
    const onSent = this.#onSent;
    if (onSent === undefined) return;
    this.#onSent = undefined;
    this.#queue?.close();
    onSent();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#controller?.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#controller?.resume();
  }
}

function fetchNext(sender: ResponseSender): void {
  sender.fetch();
}
