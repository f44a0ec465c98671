import type { GatewayBody, GatewayBodySink } from "../gateway-request.ts";

/** Told how collecting a body ended; one of them is called, once. */
export interface CollectedBody {
  /** All of it; undefined for a body of no bytes. */
  onBody(body: Uint8Array | undefined): void;
  onTooLarge(): void;
  /** The client broke off. */
  onBroken(error: Error): void;
}

/** What is set aside at first; a client that announces much and sends little costs little. */
const FIRST_BYTES = 65_536;

/**
 * Collects a request body in memory, so that the application is asked only when all of it is there and its exact length is known.
 * Small pieces are copied together: a client that sends single bytes must not make us keep a network buffer for each.
 */
export class BodyCollector implements GatewayBodySink {
  readonly #limit: number;
  readonly #expected: number | undefined;
  readonly #result: CollectedBody;
  #bytes: Uint8Array | undefined;
  #length = 0;
  #ended = false;

  /** @param expected the Content-Length, undefined when it is not known */
  constructor(limit: number, expected: number | undefined, result: CollectedBody) {
    this.#limit = limit;
    this.#expected = expected;
    this.#result = result;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return false;
    const length = this.#length + chunk.length;
    if (length > this.#limit) {
      this.#ended = true;
      this.#bytes = undefined;
      this.#result.onTooLarge();
      return false;
    }
    if (this.#length === 0 && length === this.#expected) this.#bytes = chunk;
    else this.#append(chunk, length);
    this.#length = length;
    return true;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#expected !== undefined && this.#expected !== this.#length) {
      this.#result.onBroken(new Error(`The body has ${this.#length} of ${this.#expected} bytes.`));
    } else this.#result.onBody(this.#length === 0 ? undefined : this.#bytes?.subarray(0, this.#length));
  }

  error(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#bytes = undefined;
    this.#result.onBroken(error);
  }

  #append(chunk: Uint8Array, length: number): void {
    let bytes = this.#bytes;
    if (bytes === undefined || bytes.length < length) {
      const doubled = Math.max(length, FIRST_BYTES, (bytes?.length ?? 0) * 2);
      bytes = Buffer.allocUnsafeSlow(Math.max(length, Math.min(doubled, this.#expected ?? this.#limit)));
      if (this.#bytes !== undefined) bytes.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = bytes;
    }
    bytes.set(chunk, this.#length);
  }
}

/**
 * A body that is passed on as it comes. It says 100 Continue when it is first wanted, and breaks off when there is more of it than
 * the limit, or than was announced.
 */
export class StreamedBody implements GatewayBody, GatewayBodySink {
  readonly #source: GatewayBody;
  readonly #limit: number;
  readonly #expected: number | undefined;
  readonly #onStart: (() => void) | undefined;
  readonly #onTooLarge: () => void;
  #sink: GatewayBodySink | undefined;
  #length = 0;

  constructor(
    source: GatewayBody,
    limit: number,
    expected: number | undefined,
    onStart: (() => void) | undefined,
    onTooLarge: () => void,
  ) {
    this.#source = source;
    this.#limit = limit;
    this.#expected = expected;
    this.#onStart = onStart;
    this.#onTooLarge = onTooLarge;
  }

  start(sink: GatewayBodySink): void {
    this.#sink = sink;
    this.#onStart?.();
    this.#source.start(this);
  }

  pause(): void {
    this.#source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  /** Nobody wants the rest; an address that could not be reached never wanted any. */
  cancel(): void {
    if (this.#sink !== undefined) this.#source.pause();
    this.#sink = undefined;
  }

  write(chunk: Uint8Array): boolean {
    this.#length += chunk.length;
    if (this.#length <= Math.min(this.#limit, this.#expected ?? Infinity)) return this.#sink?.write(chunk) ?? false;
    this.#onTooLarge();
    return false;
  }

  end(): void {
    // The application was told a length: fewer bytes must not look like all of them.
    if (this.#expected !== undefined && this.#expected !== this.#length) {
      this.error(new Error(`The body has ${this.#length} of ${this.#expected} bytes.`));
    } else this.#sink?.end();
  }

  error(error: Error): void {
    this.#sink?.error(error);
  }
}
