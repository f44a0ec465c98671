import { Readable } from "node:stream";

import { FastCGIError } from "@x/protocol/errors";

import type { DispatchController } from "./dispatcher.ts";

/** The most bytes held for a consumer that is slower than the application. */
const HIGH_WATER_MARK = 65_536;

/**
 * The body of a response: a Node `Readable` of `Buffer`s, and short ways to read all of it. Not reading
 * it holds the connection; `destroy()` aborts the request.
 */
export class ResponseBody extends Readable {
  readonly #controller: DispatchController;
  #complete = false;
  #used = false;

  constructor(controller: DispatchController) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.#controller = controller;
    // A response whose body nobody reads must not end the process when its connection breaks.
    this.on("error", () => {});
  }

  /** All of it, read as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#all());
  }

  /** All of it, read as JSON. */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  /** All of it, as it came. */
  async bytes(): Promise<Uint8Array> {
    return this.#all();
  }

  /** All of it, in a buffer of its own. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#all();
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }

  /** @internal */
  override _read(): void {
    this.#controller.resume();
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#complete) this.#controller.abort(error ?? undefined);
    callback(error);
  }

  /** For the request: bytes that are valid only now. */
  receive(chunk: Uint8Array): void {
    if (!this.push(Buffer.from(chunk))) this.#controller.pause();
  }

  /** For the request: nothing more comes. */
  finish(): void {
    this.#complete = true;
    this.push(null);
  }

  /** For the request: the rest will not come. */
  fail(error: FastCGIError): void {
    this.#complete = true;
    this.destroy(error);
  }

  async #all(): Promise<Buffer<ArrayBuffer>> {
    if (this.#used || this.readableDidRead) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", "The body was already read.");
    }
    this.#used = true;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const failed = (): void => {
        reject(this.errored ?? new FastCGIError("FCGI_ERR_ABORTED", "The body was destroyed before its end."));
      };
      if (this.destroyed) return failed();
      this.on("data", (chunk: Buffer) => chunks.push(chunk));
      this.on("end", () => resolve(Buffer.concat(chunks)));
      this.on("close", failed);
    });
  }
}
