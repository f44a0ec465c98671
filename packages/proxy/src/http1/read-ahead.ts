import type { Socket } from "node:net";

/**
 * What is read ahead while a request is answered, in bytes and in pieces: enough to see that a client which pipelines has gone. Beyond
 * it, nothing is read.
 */
const BYTES = 16_384;
const PIECES = 64;

/** Bytes of a connection that wait for their turn, and whether more are read. */
export class ReadAhead {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #reading = true;
  /** Somebody wants nothing to be read. */
  #held = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  push(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    this.#set();
  }

  /** Bytes that were taken and not needed yet. */
  putBack(bytes: Buffer): void {
    this.#pieces.unshift(bytes);
    this.#bytes += bytes.length;
    this.#set();
  }

  take(): Buffer {
    const bytes = this.#pieces.shift() as Buffer;
    this.#bytes -= bytes.length;
    return bytes;
  }

  /** Reads nothing until {@link ReadAhead.resume}. */
  pause(): void {
    this.#held = true;
    this.#set();
  }

  /** Reads, if not too much waits already. */
  resume(): void {
    this.#held = false;
    this.#set();
  }

  /** Throws away what waits, and reads. */
  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.resume();
  }

  #set(): void {
    const reading = !this.#held && this.#bytes < BYTES && this.#pieces.length < PIECES;
    if (reading === this.#reading) return;
    this.#reading = reading;
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }
}
