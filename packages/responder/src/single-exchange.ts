import { writeSync } from "node:fs";

import { Role } from "@x/protocol";
import type { Params } from "@x/protocol";
import type { RawOutput } from "@x/protocol/scgi";

import type { RequestExchange } from "./wire.ts";

const STDERR = 2;

/** The one request of a connection of SCGI, or of a process of CGI. Its response ends with the connection. */
export class SingleExchange implements RequestExchange {
  readonly id = 1;
  readonly role: Role = Role.Responder;
  readonly params: Params;
  readonly #output: RawOutput;
  readonly #onEnd: (appStatus: number) => void;
  #ended = false;

  constructor(params: Params, output: RawOutput, onEnd: (appStatus: number) => void) {
    this.params = params;
    this.#output = output;
    this.#onEnd = onEnd;
  }

  get ended(): boolean {
    return this.#ended;
  }

  writeStdout(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#ended || start >= end) return;
    this.#output.write(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
  }

  writeStdoutText(start: Uint8Array, text: string): void {
    const bytes = Buffer.allocUnsafe(start.length + Buffer.byteLength(text));
    bytes.set(start);
    bytes.write(text, start.length);
    this.writeStdout(bytes);
  }

  /** The protocol has no second stream. That of the process is the web server's error log under CGI, and the application's own with SCGI. */
  writeStderr(chunk: Uint8Array): void {
    if (this.#ended) return;
    try {
      writeSync(STDERR, chunk);
    } catch {
      // Closed, or full: nobody reads it.
    }
  }

  end(appStatus: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(appStatus);
  }

  /** The connection is gone; nothing can be sent any more. */
  markEnded(): void {
    this.#ended = true;
  }
}
