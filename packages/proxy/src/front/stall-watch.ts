import type { Timer } from "@x/protocol/timers";

import { type Timers, timers as ofProcess } from "../timers.ts";

/** What takes bytes; a socket, or what looks like one. */
export interface WatchedSocket {
  /** Bytes ever given to it. */
  readonly bytesWritten: number;
  /** Bytes of them that wait. */
  readonly writableLength: number;
}

/** What is watched: a `ServerResponse` of `node:http`, or a connection that writes by itself. */
export interface WatchedOutput {
  /** Null while it is another's turn. */
  readonly socket: WatchedSocket | null;
  /** Bytes that wait. */
  readonly writableLength: number;
  readonly writableFinished: boolean;
}

/** Who cuts the connection. */
export interface Resettable {
  reset(): void;
}

/** Looks within the time that a client may take nothing: so much later than that at most it is noticed. */
const LOOKS = 4;

/**
 * Watches whether a client takes what was written for it, and resets the connection when it takes nothing for too long. It is armed
 * when something could not be sent at once; who takes everything at once costs nothing.
 */
export class StallWatch {
  /** Milliseconds. */
  readonly limit: number;
  /** Why the connection was reset, if it was. */
  reason: Error | undefined;
  readonly #response: WatchedOutput;
  readonly #connection: Resettable;
  readonly #timers: Timers;
  #timer: Timer | undefined;
  #taken = 0;
  #queued = 0;
  #movedAt = 0;

  /** @param limit ms */
  constructor(response: WatchedOutput, connection: Resettable, limit: number, timers: Timers = ofProcess) {
    this.#response = response;
    this.#connection = connection;
    this.limit = limit;
    this.#timers = timers;
  }

  /** Something waits to be taken. */
  arm(): void {
    if (this.#timer?.active === true) return;
    const delay = this.limit / LOOKS;
    if (this.#timer === undefined) this.#timer = this.#timers.schedule(delay, () => this.#look());
    else this.#timers.refresh(this.#timer, delay);
    this.#moved();
    this.#movedAt = this.#timers.now;
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.cancel(this.#timer);
  }

  #look(): void {
    if (this.#response.writableFinished || this.#response.writableLength === 0) return;
    const { now } = this.#timers;
    if (this.#moved()) this.#movedAt = now;
    if (now - this.#movedAt < this.limit) {
      this.#timers.refresh(this.#timer!, this.limit / LOOKS);
      return;
    }
    this.reason = new Error(
      `The client took nothing of the response for ${this.limit / 1_000} s, the limit is timeouts.response.`,
    );
    this.#connection.reset();
  }

  /** Has the connection taken anything since the last look? A response that waits behind another one has no say in it. */
  #moved(): boolean {
    const { socket } = this.#response;
    if (socket === null) return true;
    // What is no socket of the system, in a user's own server, does not count.
    const taken = ((socket.bytesWritten as number | undefined) ?? 0) - socket.writableLength;
    const queued = writeQueueSize(socket);
    const moved = taken !== this.#taken || queued !== this.#queued;
    this.#taken = taken;
    this.#queued = queued;
    return moved;
  }
}

/** Bytes of the write under way that the kernel has not taken: Node's own `socket.setTimeout` looks at them for the same reason. */
export function writeQueueSize(socket: WatchedSocket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? 0;
}
