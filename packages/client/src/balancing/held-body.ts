import type { BodySink, BodySource } from "../body.ts";

/** A body that survives the failure of a request that never began to read it, for the next try. */
export class HeldBody implements BodySource {
  readonly #source: BodySource;
  #started = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Was any of it asked for? */
  get started(): boolean {
    return this.#started;
  }

  start(sink: BodySink): void {
    this.#started = true;
    this.#source.start(sink);
  }

  pause(): void {
    this.#source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  cancel(reason?: Error): void {
    if (this.#started) this.#source.cancel?.(reason);
  }

  /** Nobody will ask for it any more. */
  letGo(reason?: Error): void {
    if (this.#started) return;
    this.#started = true;
    this.#source.cancel?.(reason);
  }
}
