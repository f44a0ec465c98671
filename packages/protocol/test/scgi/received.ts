import type { Params } from "../../src/params.ts";
import { ScgiRequestDecoder } from "../../src/scgi/request-decoder.ts";
import type { ScgiRequestDecoderOptions, ScgiRequestHandler } from "../../src/scgi/request-decoder.ts";
import { textOf } from "../vectors/wire.ts";

/** An application's end of one SCGI connection that keeps all it is told. */
export class Received implements ScgiRequestHandler {
  readonly decoder: ScgiRequestDecoder;
  params: Params | undefined;
  contentLength: number | undefined;
  body = "";
  /** Everything in order; equal neighbours once. */
  readonly told: string[] = [];

  constructor(options?: ScgiRequestDecoderOptions) {
    this.decoder = new ScgiRequestDecoder(this, options);
  }

  onRequest(params: Params, contentLength: number): void {
    this.params = params;
    this.contentLength = contentLength;
    this.#tell("request");
  }

  onBody(chunk: Uint8Array, start: number, end: number): void {
    if (start >= end || end > chunk.length) throw new Error(`onBody with ${start} to ${end} of ${chunk.length}`);
    this.body += textOf(chunk.subarray(start, end));
    this.#tell("body");
  }

  onBodyEnd(): void {
    this.told.push("end");
  }

  /** Pushes chunks, each of which is overwritten after the call, as a recycled one is. */
  push(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) {
      const slab = chunk.slice();
      this.decoder.push(slab);
      slab.fill(0xdd);
    }
    return this;
  }

  #tell(what: string): void {
    if (this.told.at(-1) !== what) this.told.push(what);
  }
}
