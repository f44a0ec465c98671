import { MAX_RECORD_CONTENT } from "@x/protocol";

import { toError } from "./body-chunk.ts";
import type { BodySink, BodySource } from "./body.ts";
import type { ConnectionOutput } from "./connection-output.ts";

/** Where the bytes of one body go, and who hears how it goes. */
export interface BodyTarget {
  write(chunk: Uint8Array): void;
  /** All of the body was written. */
  end(): void;
  /** The rest of the body will not come. */
  fail(error: Error): void;
  /** The connection has taken bytes. */
  progress(): void;
}

/** Bytes handed to the connection at once. Smaller bodies need no source. */
export const PIECE: number = 4 * MAX_RECORD_CONTENT;

/** Sends one body at the speed at which the connection takes it. */
export class BodySender implements BodySink {
  readonly #output: ConnectionOutput;
  readonly #source: BodySource;
  readonly #target: BodyTarget;
  #done = false;
  #waiting = false;

  constructor(output: ConnectionOutput, body: Uint8Array | BodySource, target: BodyTarget) {
    this.#output = output;
    this.#source = body instanceof Uint8Array ? new PieceSource(body) : body;
    this.#target = target;
  }

  start(): void {
    try {
      this.#source.start(this);
    } catch (error) {
      this.error(toError(error));
    }
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    if (this.#done) return false;
    this.#target.progress();
    this.#target.write(chunk);
    if (release !== undefined) this.#output.whenWritten(release);
    if (!this.#output.congested) return true;
    if (!this.#waiting) this.#output.whenDrained(this);
    this.#waiting = true;
    return false;
  }

  end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#target.end();
  }

  error(error: Error): void {
    if (this.#done) return;
    this.#done = true;
    this.#target.fail(error);
  }

  /** The connection takes bytes again. */
  onDrain(): void {
    this.#waiting = false;
    if (this.#done) return;
    this.#target.progress();
    this.#source.resume();
  }

  /** The request is over; what the source still has is not wanted. */
  cancel(reason?: Error): void {
    if (this.#done) return;
    this.#done = true;
    this.#source.cancel?.(reason);
  }
}

/** Large bytes in pieces, so that a request that ends early does not leave all of them in the socket. */
class PieceSource implements BodySource {
  readonly #bytes: Uint8Array;
  #sink: BodySink | undefined;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.resume();
  }

  pause(): void {
    // It writes only while the sink says yes.
  }

  resume(): void {
    let more = true;
    while (more && this.#at < this.#bytes.length) {
      const piece = this.#bytes.subarray(this.#at, this.#at + PIECE);
      this.#at += piece.length;
      more = this.#sink!.write(piece);
    }
    if (more) this.#sink!.end();
  }
}
