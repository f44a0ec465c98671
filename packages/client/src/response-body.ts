import { Readable } from "node:stream";

import { FastCGIError } from "@x/protocol/errors";

import { BodyCollector } from "./body-collector.ts";
import { BodyLender, isLentTo } from "./body-lender.ts";
import type { DispatchController } from "./dispatcher.ts";

/** The most bytes held for a consumer that is slower than the application. */
const HIGH_WATER_MARK = 65_536;

const STREAM_OPTIONS = { highWaterMark: HIGH_WATER_MARK };

/** Whoever waits for all of the body. */
interface Waiting {
  resolve(bytes: Buffer<ArrayBuffer>): void;
  reject(error: Error): void;
}

/**
 * The body of a response: a Node `Readable` of `Buffer`s, and short ways to read all of it. Not reading
 * it holds the connection; `destroy()` aborts the request.
 *
 * Bytes go through the machinery of streams only when it is used as a stream: before that they are held here, and
 * whoever wants all of them gets them from here. A file or a socket that it is piped into, too, is given them without that.
 */
export class ResponseBody extends Readable {
  readonly #controller: DispatchController;
  readonly #announced: number | undefined;
  /** What has come before somebody wanted it. */
  #held: Buffer<ArrayBuffer>[] = [];
  #heldBytes = 0;
  #streaming = false;
  #waiting: Waiting | undefined;
  #collector: BodyCollector | undefined;
  #lender: BodyLender | undefined;
  #complete = false;
  #used = false;

  /** @param announced bytes that come at most, if that is known */
  constructor(controller: DispatchController, announced: number | undefined) {
    super(STREAM_OPTIONS);
    this.#controller = controller;
    this.#announced = announced;
  }

  /** All of it, read as UTF-8. */
  text(): Promise<string> {
    return this.#all().then(decode);
  }

  /** All of it, read as JSON. */
  json(): Promise<unknown> {
    return this.text().then(parse);
  }

  /** All of it, as it came. */
  bytes(): Promise<Uint8Array> {
    return this.#all();
  }

  /** All of it, in a buffer of its own. */
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#all().then(({ buffer, byteOffset, byteLength }) => buffer.slice(byteOffset, byteOffset + byteLength));
  }

  /** @internal */
  override _read(): void {
    if (this.#streaming) return this.#controller.resume();
    this.#streaming = true;
    const held = this.#held;
    this.#held = [];
    let wanted = true;
    for (const chunk of held) {
      if (this.#lender?.give(chunk) === true) this.#used = true;
      else wanted = this.push(chunk);
    }
    if (this.#complete) this.push(null);
    else if (wanted) this.#controller.resume();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#complete) this.#controller.abort(error ?? undefined);
    this.#complete = true;
    this.#held = [];
    // A response whose body nobody reads must not end the process when its connection breaks.
    if (error !== null && this.listenerCount("error") === 0) super.on("error", ignore);
    this.#collector?.drop();
    this.#collector = undefined;
    this.#waiting?.reject(error ?? destroyedError());
    this.#waiting = undefined;
    callback(error);
  }

  /**
   * As of any stream. A file (`fs.createWriteStream`) or a socket is written from the memory that the connection reads into, so that a
   * large download leaves nothing to the garbage collector.
   */
  override pipe<Target extends NodeJS.WritableStream>(target: Target, options?: { end?: boolean | undefined }): Target {
    super.pipe(target, options);
    if (isLentTo(target)) this.#lender = new BodyLender(this, this.#controller, target);
    return target;
  }

  /** As of any emitter. Who listens after all was read in one hears of the end, too. */
  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    super.on(event, listener as (...args: unknown[]) => void);
    if (this.#used && this.#complete && !this.#streaming) this.#endStream();
    return this;
  }

  /** For the request: bytes that are valid only now. */
  receive(chunk: Uint8Array): void {
    if (this.#collector !== undefined) return this.#collector.add(chunk);
    if (this.#streaming && this.#lender?.lend(chunk) === true) {
      this.#used = true;
      return;
    }
    const copy = Buffer.from(chunk);
    if (this.#streaming) {
      if (!this.push(copy)) this.#controller.pause();
      return;
    }
    this.#held.push(copy);
    this.#heldBytes += copy.length;
    if (this.#heldBytes >= HIGH_WATER_MARK) this.#controller.pause();
  }

  /** For the request: nothing more comes. */
  finish(): void {
    this.#complete = true;
    if (this.#streaming) this.push(null);
    else this.#giveAll();
  }

  /** For the request: the rest will not come. */
  fail(error: FastCGIError): void {
    this.#complete = true;
    this.destroy(error);
  }

  #all(): Promise<Buffer<ArrayBuffer>> {
    if (this.#used || this.readableDidRead) {
      return Promise.reject(new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "The body was already read."));
    }
    this.#used = true;
    if (this.#streaming) return this.#readStream();
    return new Promise((resolve, reject) => {
      if (this.destroyed) return reject(this.errored ?? destroyedError());
      this.#waiting = { resolve, reject };
      if (this.#complete) return this.#giveAll();
      this.#collector = new BodyCollector(this.#announced);
      for (const chunk of this.#held.splice(0)) this.#collector.add(chunk);
      this.#controller.resume();
    });
  }

  /** To whoever waits for it. */
  #giveAll(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const held = this.#held;
    const all = this.#collector?.finish() ?? (held.length === 1 ? held[0]! : Buffer.concat(held));
    this.#held = [];
    this.#waiting = this.#collector = undefined;
    waiting.resolve(all);
    if (HEARD.some((event) => this.listenerCount(event) > 0)) this.#endStream();
  }

  /** The stream ends: there is nothing in it to read. */
  #endStream(): void {
    this.#streaming = true;
    this.push(null);
    this.read(0);
  }

  /** All that is in the stream, which somebody has made to read ahead. */
  #readStream(): Promise<Buffer<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const failed = (): void => reject(this.errored ?? destroyedError());
      if (this.destroyed) return failed();
      super.on("data", (chunk: Buffer) => chunks.push(chunk));
      super.on("end", () => resolve(Buffer.concat(chunks)));
      super.on("close", failed);
    });
  }
}

/** What tells that a stream is over. */
const HEARD = ["end", "close", "readable"] as const;

const decoder = new TextDecoder();

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function parse(text: string): unknown {
  return JSON.parse(text) as unknown;
}

function ignore(): void {}

function destroyedError(): FastCGIError {
  return new FastCGIError("FCGI_ERR_ABORTED", "The body was destroyed before its end.");
}
