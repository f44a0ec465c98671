import type { BodySink, BodySource } from "@x/client";

import type { SpoolQueue } from "../spool/spool-queue.ts";

/** A request body that came whole and waits in a spool file. It is read once, as fast as the application takes it. */
export class SpooledBody implements BodySource {
  /** Bytes. */
  readonly length: number;
  readonly #queue: SpoolQueue;
  #sink: BodySink | undefined;
  #paused = false;
  #pulling = false;

  constructor(queue: SpoolQueue) {
    this.#queue = queue;
    this.length = queue.length;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#pull();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pull();
  }

  /** Nobody wants the rest; but an address that could not be reached never wanted any, and the next one may. */
  cancel(): void {
    this.#sink = undefined;
  }

  /** What is in the file could not be read. */
  fail(error: Error): void {
    this.#sink?.error(error);
  }

  /** Gives the file back: nobody will ask for the body any more. */
  release(): void {
    this.#sink = undefined;
    this.#queue.close();
  }

  #pull(): void {
    if (this.#sink === undefined || this.#paused || this.#pulling) return;
    this.#pulling = true;
    this.#queue.next((bytes, release) => {
      this.#pulling = false;
      const sink = this.#sink;
      if (sink === undefined) return;
      const more = sink.write(bytes, release);
      if (this.#queue.length === 0) sink.end();
      else if (more) this.#pull();
      else this.#paused = true;
    });
  }
}
