import type { Socket } from "node:net";

import { type Resettable, StallWatch, type WatchedOutput } from "../front/stall-watch.ts";

/** The writing side of a connection: bytes that somebody wants back, and a client that does not take what is written. */
export class ConnectionOutput implements WatchedOutput {
  readonly socket: Socket;
  readonly #connection: Resettable;
  /** Of chunks on their way, in their order. */
  #releases: (() => void)[] = [];
  #stall: StallWatch | undefined;
  #gathering = false;
  /** Bytes that the kernel had not taken when gathering began. */
  #before = 0;
  readonly #onHeldWritten = (): void => this.#releases.shift()?.();

  /** @param connection is reset when the client takes nothing for too long */
  constructor(socket: Socket, connection: Resettable) {
    this.socket = socket;
    this.#connection = connection;
  }

  /** Bytes that the kernel has not taken. It has not been asked to take what is gathered. */
  get writableLength(): number {
    return this.#gathering ? this.#before : this.socket.writableLength;
  }

  /** Bytes gathered. */
  get gathered(): number {
    return this.#gathering ? this.socket.writableLength - this.#before : 0;
  }

  get writableFinished(): boolean {
    return this.socket.writableFinished;
  }

  /** Why the connection was reset, if it was for a client that takes nothing. */
  get stallReason(): Error | undefined {
    return this.#stall?.reason;
  }

  /** What is written from now on leaves together, when {@link ConnectionOutput.letGo} is called. */
  gather(): void {
    if (this.#gathering) return;
    this.#before = this.socket.writableLength;
    this.#gathering = true;
    this.socket.cork();
  }

  /** Gives the kernel what was gathered, if anything was. */
  letGo(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    this.socket.uncork();
  }

  /** Text of one byte a character. */
  write(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Bytes that stay as they are until `release` is called: when they are written, or when the connection has gone. */
  writeHeld(chunk: Uint8Array, release: () => void): void {
    if (this.socket.destroyed) {
      release();
      return;
    }
    this.#releases.push(release);
    this.socket.write(chunk, this.#onHeldWritten);
  }

  /**
   * Looks after what was written.
   *
   * @param stallTimeout ms in which the client may take nothing; 0: any
   * @returns whether more may be written now
   */
  look(stallTimeout: number): boolean {
    if (this.socket.writableLength === 0) return true;
    if (stallTimeout > 0) {
      if (this.#stall?.limit !== stallTimeout) this.#stall = new StallWatch(this, this.#connection, stallTimeout);
      this.#stall.arm();
    }
    return !this.socket.writableNeedDrain;
  }

  /** Calls back when all that was written so far was taken; not if that never happens. */
  whenTaken(callback: () => void): void {
    // Nothing, which takes its turn.
    this.socket.write("", (error) => {
      if (error === undefined || error === null) callback();
    });
  }

  /** All was taken: nobody is waited for. */
  rest(): void {
    this.#stall?.stop();
  }

  /** The connection has gone. */
  close(): void {
    this.#stall?.stop();
    const releases = this.#releases;
    this.#releases = [];
    for (const release of releases) release();
  }
}
