import { Readable, Writable } from "node:stream";

import { FastCGIError } from "@x/protocol/errors";

import type { BodySink, BodySource } from "./body.ts";
import type { DispatchController, DispatchEnd, Dispatcher, DispatchHandler, DispatchOptions } from "./dispatcher.ts";

/** Bytes that a stream of an exchange holds for a reader that is slower than the application. */
const HIGH_WATER_MARK = 65_536;

/**
 * One request on a connection as streams: three of FastCGI's five, and `data` for a filter. Params were sent before.
 *
 * Read `stdout` to its end, or `abort()`: what nobody reads holds the connection.
 */
export interface Exchange {
  /** The application. */
  readonly address: string;
  /** Its id on the connection. */
  readonly requestId: number | undefined;
  /** FCGI_STDIN. Already ended when `options.stdin` was given. */
  readonly stdin: Writable;
  /** FCGI_DATA, for the role filter; already ended for any other. The application reads it after stdin. */
  readonly data: Writable;
  /** FCGI_STDOUT. Destroying it aborts the request. */
  readonly stdout: Readable;
  /** FCGI_STDERR. While nobody reads it, what exceeds 64 KiB is dropped; with a reader it has backpressure as stdout has. */
  readonly stderr: Readable;
  /** How it ended; rejected with the error that the streams were destroyed with. */
  readonly ended: Promise<DispatchEnd>;
  /** Ends it with `FCGI_ERR_ABORTED`, or `reason` if that is a `FastCGIError`. */
  abort(reason?: unknown): void;
}

/** Runs one request on `dispatcher` and gives its streams. */
export function openExchange(dispatcher: Dispatcher, options: DispatchOptions): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const stdin = new BodyWritable(options.stdin === undefined);
    const data = new BodyWritable(options.role === "filter" && options.data === undefined);
    const handler = new StreamExchange(stdin, data, resolve, reject);
    dispatcher.dispatch(
      {
        ...options,
        stdin: options.stdin ?? stdin,
        data: options.data ?? (options.role === "filter" ? data : undefined),
      },
      handler,
    );
  });
}

class StreamExchange implements DispatchHandler, Exchange {
  readonly stdin: BodyWritable;
  readonly data: BodyWritable;
  readonly stdout: OutputReadable = new OutputReadable(this);
  readonly stderr: OutputReadable = new OutputReadable(this);
  readonly ended: Promise<DispatchEnd>;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: FastCGIError) => void;
  #controller: DispatchController | undefined;
  #over = false;
  #end!: (end: DispatchEnd) => void;
  #fail!: (error: FastCGIError) => void;

  constructor(
    stdin: BodyWritable,
    data: BodyWritable,
    resolve: (exchange: Exchange) => void,
    reject: (error: FastCGIError) => void,
  ) {
    this.stdin = stdin;
    this.data = data;
    this.#resolve = resolve;
    this.#reject = reject;
    this.ended = new Promise((onEnd, onFailure) => {
      this.#end = onEnd;
      this.#fail = onFailure;
    });
    // Whoever does not ask how it ended has the streams to tell him.
    this.ended.catch(() => {});
  }

  get address(): string {
    return this.#controller?.address ?? "";
  }

  get requestId(): number | undefined {
    return this.#controller?.requestId;
  }

  abort(reason?: unknown): void {
    if (!this.#over) this.#controller?.abort(reason);
  }

  /** For its streams: reading goes on when neither is full. */
  onRead(): void {
    if (!this.stdout.full && !this.stderr.full) this.#controller?.resume();
  }

  /** For its streams: the reader of stdout has gone. */
  onStdoutDestroyed(stream: OutputReadable, reason: Error | null): void {
    if (stream === this.stdout) this.abort(reason ?? undefined);
    else this.onRead();
  }

  onStart(controller: DispatchController): void {
    this.#controller = controller;
    this.#resolve(this);
  }

  onStdout(chunk: Uint8Array, controller: DispatchController): void {
    if (!this.stdout.receive(chunk)) controller.pause();
  }

  onStderr(chunk: Uint8Array, controller: DispatchController): void {
    const { stderr } = this;
    if (stderr.destroyed || (!stderr.wanted && stderr.readableLength >= HIGH_WATER_MARK)) return;
    if (!stderr.receive(chunk) && stderr.wanted) controller.pause();
  }

  onEnd(end: DispatchEnd): void {
    this.#over = true;
    this.stdout.finish();
    this.stderr.finish();
    this.#end(end);
  }

  onError(error: FastCGIError): void {
    this.#over = true;
    this.#reject(error);
    this.#fail(error);
    for (const stream of [this.stdout, this.stderr, this.stdin, this.data]) stream.destroy(error);
  }
}

/** Bytes of the application, for one reader. */
class OutputReadable extends Readable {
  readonly #exchange: StreamExchange;
  full = false;
  #complete = false;

  constructor(exchange: StreamExchange) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#exchange = exchange;
    // An exchange whose streams nobody listens to must not end the process when its connection breaks.
    this.on("error", () => {});
  }

  /** Does somebody read it? */
  get wanted(): boolean {
    return this.readableFlowing === true || this.listenerCount("readable") > 0;
  }

  /** Bytes that are valid only now; false when it has enough. */
  receive(chunk: Uint8Array): boolean {
    this.full = !this.push(Buffer.from(chunk));
    return !this.full;
  }

  finish(): void {
    this.#complete = true;
    this.push(null);
  }

  override _read(): void {
    this.full = false;
    this.#exchange.onRead();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.full = false;
    if (!this.#complete) this.#exchange.onStdoutDestroyed(this, error);
    callback(error);
  }
}

/** A `Writable` whose chunks are the body of a request. */
class BodyWritable extends Writable implements BodySource {
  #sink: BodySink | undefined;
  #stalled = false;
  /** What goes on when the connection takes bytes again, or is there at last. */
  #next: (() => void) | undefined;

  /** @param open false for a body that comes from elsewhere: it is ended at once */
  constructor(open: boolean) {
    super({ highWaterMark: HIGH_WATER_MARK, decodeStrings: true });
    this.on("error", () => {});
    if (open) return;
    this.#sink = { write: () => true, end: () => {}, error: () => {} };
    this.end();
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.resume();
  }

  pause(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }

  /** The request is over; what is still written goes nowhere. */
  cancel(reason?: Error): void {
    this.#sink = undefined;
    this.destroy(reason);
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#whenOpen(() => {
      const sink = this.#sink;
      if (sink === undefined) return callback(new FastCGIError("FCGI_ERR_CLOSED", "The request is over."));
      // The writer may use its bytes again after the callback.
      this.#stalled = !sink.write(chunk, () => callback());
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#whenOpen(() => {
      this.#sink?.end();
      this.#sink = undefined;
      callback();
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#next = undefined;
    sink?.error(error ?? new Error("The stream was destroyed before its end."));
    callback(error);
  }

  #whenOpen(next: () => void): void {
    if (this.#sink === undefined || this.#stalled) this.#next = next;
    else next();
  }
}
