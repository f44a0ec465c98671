import { randomBytes } from "node:crypto";
import { open, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FastCGIError } from "@x/protocol/errors";

import { toError } from "./body-chunk.ts";
import type { BodyInput, BodySink, BodySource } from "./body.ts";
import { abortError } from "./dispatch-errors.ts";

/** Where a body is collected, and how much of it. */
export interface CollectOptions {
  /** Into a file, beyond {@link IN_MEMORY} bytes? */
  spool: boolean;
  /** Bytes; more is `FCGI_ERR_BODY_TOO_LARGE`. */
  limit: number;
  signal: AbortSignal | undefined;
}

/** A body whose length is known now. */
export interface CollectedBody {
  body: BodyInput;
  length: number;
}

/** Bytes of a spooled body that are held in memory before there is a file. */
const IN_MEMORY = 65_536;

/** Reads all of a body, to know its length before the request is sent. */
export function collectBody(source: BodySource, options: CollectOptions): Promise<CollectedBody> {
  return new Promise((resolve, reject) => new Collector(source, options, resolve, reject).start());
}

class Collector implements BodySink {
  readonly #source: BodySource;
  readonly #options: CollectOptions;
  readonly #resolve: (body: CollectedBody) => void;
  readonly #reject: (error: Error) => void;
  #chunks: Uint8Array[] = [];
  #pending = 0;
  #length = 0;
  #file: FileHandle | undefined;
  /** The write under way. */
  #writing: Promise<void> | undefined;
  #ended = false;
  #over = false;

  constructor(
    source: BodySource,
    options: CollectOptions,
    resolve: (body: CollectedBody) => void,
    reject: (error: Error) => void,
  ) {
    this.#source = source;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal } = this.#options;
    if (signal?.aborted === true) return this.handleEvent();
    signal?.addEventListener("abort", this);
    try {
      this.#source.start(this);
    } catch (error) {
      this.error(toError(error));
    }
  }

  /** The signal has fired. */
  handleEvent(): void {
    this.#giveUp(abortError(this.#options.signal?.reason));
  }

  write(chunk: Uint8Array, release?: () => void): boolean {
    if (this.#over || this.#ended) return false;
    this.#length += chunk.length;
    if (this.#length > this.#options.limit) {
      const message = `The request body has more than ${this.#options.limit} bytes.`;
      this.#giveUp(new FastCGIError("FCGI_ERR_BODY_TOO_LARGE", message, { phase: "request" }));
      return false;
    }
    this.#chunks.push(release === undefined ? chunk : Buffer.from(chunk));
    this.#pending += chunk.length;
    release?.();
    if (!this.#options.spool || this.#pending <= IN_MEMORY) return true;
    this.#writing ??= this.#spool();
    return false;
  }

  end(): void {
    this.#ended = true;
    if (this.#writing === undefined) void this.#finish();
  }

  error(error: Error): void {
    this.#source.cancel?.(error);
    this.#giveUp(
      FastCGIError.from(error, "FCGI_ERR_ABORTED", {
        phase: "send",
        message: `The request body failed: ${error.message}`,
      }),
    );
  }

  /** Writes what is there; then the source goes on. */
  async #spool(): Promise<void> {
    try {
      this.#file ??= await unlinkedFile();
      await this.#writePending(this.#file);
    } catch (error) {
      this.#giveUp(FastCGIError.from(error, "FCGI_ERR_ABORTED", { phase: "send" }));
    }
    this.#writing = undefined;
    if (this.#over) await this.#close();
    else if (this.#ended) await this.#finish();
    else this.#source.resume();
  }

  async #writePending(file: FileHandle): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#pending = 0;
    await file.writev(chunks);
  }

  async #finish(): Promise<void> {
    const length = this.#length;
    if (this.#over) return;
    const file = this.#file;
    try {
      if (file !== undefined && this.#chunks.length > 0) await this.#writePending(file);
    } catch (error) {
      this.#giveUp(FastCGIError.from(error, "FCGI_ERR_ABORTED", { phase: "send" }));
      return this.#close();
    }
    if (this.#over) return this.#close();
    this.#settle();
    const body = file === undefined ? Buffer.concat(this.#chunks) : file.createReadStream({ start: 0 });
    this.#resolve({ body, length });
  }

  #giveUp(error: Error): void {
    if (this.#over) return;
    this.#settle();
    this.#source.cancel?.(error);
    if (this.#writing === undefined) void this.#close();
    this.#reject(error);
  }

  #settle(): void {
    this.#over = true;
    this.#options.signal?.removeEventListener("abort", this);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** A file that has no name any more: it is gone when it is closed, or the process ends. */
async function unlinkedFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `x-client-${randomBytes(12).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}
