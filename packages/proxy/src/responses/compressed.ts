import type { Transform } from "node:stream";
import { constants, createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";

import type { Encoding } from "../config/response-config.ts";
import type { GatewayResponse } from "../gateway-request.ts";

/** What costs about as much processor time as sending costs; nginx and Caddy choose about the same. */
const GZIP_LEVEL = 5;
const BROTLI_QUALITY = 4;
const ZSTD_LEVEL = 3;

type Compressor = Transform & { flush(callback?: () => void): void; flush(kind: number, callback?: () => void): void };

/** A body that is compressed on its way. What came in one turn of the event loop leaves together, and nothing waits longer. */
export class CompressedBody {
  readonly #response: GatewayResponse;
  readonly #compressor: Compressor;
  readonly #flushKind: number | undefined;
  readonly #onDrain: () => void;
  #flushing = false;
  #ended = false;

  /** @param onDrain more may be written */
  constructor(response: GatewayResponse, encoding: Encoding, onDrain: () => void) {
    this.#response = response;
    this.#onDrain = onDrain;
    this.#compressor = compressor(encoding);
    this.#flushKind =
      encoding === "br" ? constants.BROTLI_OPERATION_FLUSH : encoding === "gzip" ? constants.Z_SYNC_FLUSH : undefined;
    this.#compressor.on("data", (chunk: Buffer) => {
      // A buffer of its own: nothing waits for it to come back.
      if (!response.write(chunk, kept)) this.#compressor.pause();
    });
    this.#compressor.on("drain", () => this.#onDrain());
    this.#compressor.on("end", () => response.end());
    this.#compressor.on("error", () => response.abort());
    response.onDrain = () => void this.#compressor.resume();
  }

  get unsent(): number {
    return this.#response.unsent + this.#compressor.writableLength + this.#compressor.readableLength;
  }

  write(chunk: Uint8Array, release: (() => void) | undefined): boolean {
    const more = this.#compressor.write(release === undefined ? Buffer.from(chunk) : chunk, () => release?.());
    if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(flush, this);
    }
    return more;
  }

  flush(): void {
    this.#flushing = false;
    if (this.#ended || this.#compressor.destroyed) return;
    if (this.#flushKind === undefined) this.#compressor.flush();
    else this.#compressor.flush(this.#flushKind);
  }

  end(): void {
    this.#ended = true;
    this.#compressor.end();
  }

  destroy(): void {
    this.#compressor.destroy();
  }
}

function flush(body: CompressedBody): void {
  body.flush();
}

function kept(): void {}

function compressor(encoding: Encoding): Compressor {
  switch (encoding) {
    case "gzip":
      return createGzip({ level: GZIP_LEVEL });
    case "br":
      return createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
    case "zstd":
      return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
  }
}
