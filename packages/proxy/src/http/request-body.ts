import type { BodySink, BodySource } from "@x/client";

import type { GatewayBody, GatewayBodySink } from "../gateway-request.ts";
import { discard } from "../spool/discard.ts";
import type { BodyWatch } from "./body-watch.ts";

/** What holds for one streamed body. */
export interface StreamedBodyRules {
  /** Bytes. */
  readonly limit: number;
  /** The Content-Length; undefined when it is not known. */
  readonly expected: number | undefined;
  readonly watch: BodyWatch;
  /** Asks the client for the body, when it waits for that. */
  readonly onStart: (() => void) | undefined;
  readonly onTooLarge: () => void;
}

/**
 * A body that is passed on as it comes. It says 100 Continue when it is first wanted, and breaks off when there is more of it than
 * the limit, or than was announced.
 */
export class StreamedBody implements BodySource, GatewayBodySink {
  readonly #source: GatewayBody;
  readonly #rules: StreamedBodyRules;
  #sink: BodySink | undefined;
  #length = 0;
  #whole = false;

  constructor(source: GatewayBody, rules: StreamedBodyRules) {
    this.#source = source;
    this.#rules = rules;
  }

  /** Has all of it come? */
  get whole(): boolean {
    return this.#whole;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#rules.onStart?.();
    this.#rules.watch.start();
    this.#source.start(this);
  }

  pause(): void {
    this.#rules.watch.pause();
    this.#source.pause();
  }

  resume(): void {
    this.#rules.watch.resume();
    this.#source.resume();
  }

  /** Nobody wants the rest; an address that could not be reached never wanted any. */
  cancel(): void {
    this.#rules.watch.stop();
    if (this.#sink !== undefined) this.#source.pause();
    this.#sink = undefined;
  }

  write(chunk: Uint8Array): boolean {
    const { limit, expected, watch, onTooLarge } = this.#rules;
    watch.heard(chunk.length);
    this.#length += chunk.length;
    if (this.#length > Math.min(limit, expected ?? Infinity)) {
      onTooLarge();
      return false;
    }
    if (this.#sink?.write(chunk, () => discard(chunk)) === true) return true;
    watch.pause();
    return false;
  }

  end(): void {
    const { expected } = this.#rules;
    // The application was told a length: fewer bytes must not look like all of them.
    if (expected !== undefined && expected !== this.#length) {
      this.error(new Error(`The body has ${this.#length} of ${expected} bytes.`));
      return;
    }
    this.#whole = true;
    this.#rules.watch.stop();
    this.#sink?.end();
  }

  error(error: Error): void {
    this.#rules.watch.stop();
    this.#sink?.error(error);
  }
}
