import type { Readable } from "node:stream";

import { toChunk, toError } from "./body-chunk.ts";
import { AsyncIterableSource } from "./body-iterables.ts";
import type { BodySink, BodySource } from "./body.ts";

/** Chunks of a Node stream, by its own events. */
export class ReadableSource implements BodySource {
  readonly #stream: Readable;
  #sink: BodySink | undefined;
  readonly #onData = (chunk: unknown): void => {
    try {
      if (this.#sink?.write(toChunk(chunk)) === false) this.#stream.pause();
    } catch (error) {
      this.#fail(toError(error));
    }
  };
  readonly #onEnd = (): void => this.#finish()?.end();
  readonly #onError = (error: Error): void => this.#finish()?.error(error);
  readonly #onClose = (): void => this.#finish()?.error(new Error("The body's stream was closed before its end."));

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    const stream = this.#stream;
    if (stream.destroyed || stream.readableEnded) {
      this.#finish()?.error(stream.errored ?? new Error("The body's stream was already read or destroyed."));
      return;
    }
    stream.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError).on("close", this.#onClose);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    if (this.#sink !== undefined) this.#stream.resume();
  }

  cancel(): void {
    this.#finish();
    // As `pipeline` does: the reader is gone, and nobody else will read it to its end.
    this.#stream.destroy();
  }

  #fail(error: Error): void {
    this.#finish()?.error(error);
    this.#stream.destroy();
  }

  #finish(): BodySink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    const stream = this.#stream;
    stream.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    // The error listener stays: destroying a stream may still make it report one.
    return sink;
  }
}

/** Chunks of a web stream. */
export function readableStreamSource(stream: ReadableStream<Uint8Array>): BodySource {
  return new AsyncIterableSource(stream);
}
