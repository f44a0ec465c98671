import type { Readable } from "node:stream";

import type { ServedRequest } from "../http/served-request.ts";

/** Sends an open file: exactly as many bytes as were announced, or visibly fewer. */
export class FileBody {
  readonly #served: ServedRequest;
  readonly #stream: Readable;
  #left: number;

  constructor(served: ServedRequest, stream: Readable, length: number) {
    this.#served = served;
    this.#stream = stream;
    this.#left = length;
  }

  start(statusCode: number, rawHeaders: string[]): void {
    const { response } = this.#served;
    this.#served.onAbort = () => this.#stream.destroy();
    response.onDrain = () => this.#stream.resume();
    response.start(statusCode, rawHeaders);
    this.#stream.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    this.#stream.on("end", () => this.#onEnd());
    this.#stream.on("error", (error) => this.#served.cut(error));
  }

  #onData(chunk: Uint8Array): void {
    // A file that grows while it is sent stays as long as it was.
    const bytes = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk;
    this.#left -= bytes.length;
    if (bytes.length > 0 && !this.#served.response.write(bytes, kept)) this.#stream.pause();
  }

  #onEnd(): void {
    if (this.#served.settled) return;
    if (this.#left > 0) {
      this.#served.cut(new Error("The file became shorter while it was sent."));
      return;
    }
    this.#served.response.end();
    this.#served.settle();
  }
}

/** For bytes that nobody changes: nothing waits for them to come back. Each chunk of a file stream is a buffer of its own. */
export function kept(): void {}
