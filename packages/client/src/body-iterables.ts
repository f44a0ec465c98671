import { toChunk, toError } from "./body-chunk.ts";
import type { BodySink, BodySource } from "./body.ts";

/** Chunks of an array, a generator, or any other iterable: pulled while the sink has room. */
export class IterableSource implements BodySource {
  readonly #iterable: Iterable<Uint8Array>;
  #iterator: Iterator<Uint8Array> | undefined;
  #sink: BodySink | undefined;
  #running = false;
  #paused = false;

  constructor(iterable: Iterable<Uint8Array>) {
    this.#iterable = iterable;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  cancel(): void {
    this.#sink = undefined;
    this.#iterator?.return?.();
  }

  #pump(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      this.#iterator ??= this.#iterable[Symbol.iterator]();
      while (this.#sink !== undefined && !this.#paused) {
        const next = this.#iterator.next();
        if (next.done === true) this.#finish()?.end();
        else if (this.#sink.write(toChunk(next.value)) === false) this.#paused = true;
      }
    } catch (error) {
      this.#finish()?.error(toError(error));
    }
    this.#running = false;
  }

  #finish(): BodySink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    return sink;
  }
}

/** Chunks of an async iterable: one is asked for at a time. */
export class AsyncIterableSource implements BodySource {
  readonly #iterable: AsyncIterable<Uint8Array | string>;
  #iterator: AsyncIterator<Uint8Array | string> | undefined;
  #sink: BodySink | undefined;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor(iterable: AsyncIterable<Uint8Array | string>) {
    this.#iterable = iterable;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    void this.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
    this.#wake = undefined;
  }

  cancel(): void {
    this.#sink = undefined;
    this.resume();
    void this.#close();
  }

  /** Lets the iterable clean up. What goes wrong there is nobody's concern any more. */
  async #close(): Promise<void> {
    try {
      this.#iterator ??= this.#iterable[Symbol.asyncIterator]();
      await this.#iterator.return?.();
    } catch {
      // as said
    }
  }

  async #pump(): Promise<void> {
    try {
      this.#iterator = this.#iterable[Symbol.asyncIterator]();
      while (this.#sink !== undefined) {
        // oxlint-disable-next-line no-await-in-loop -- one chunk after the other is the point
        const next = await this.#iterator.next();
        if (next.done === true) this.#finish()?.end();
        else if (this.#sink?.write(toChunk(next.value)) === false) this.#paused = true;
        // oxlint-disable-next-line no-await-in-loop
        if (this.#paused) await this.#resumed();
      }
    } catch (error) {
      this.#finish()?.error(toError(error));
    }
  }

  async #resumed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #finish(): BodySink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    return sink;
  }
}
