import { close, read } from "node:fs";

import type { BodySink, BodySource } from "@x/client";

import { discard } from "../spool/discard.ts";
import type { OpenFile } from "./open-file.ts";

/** Bytes that are read at once. */
const PIECE = 65_536;

/**
 * A file as FCGI_DATA: exactly as many bytes as were announced, or visibly fewer. It can be started anew, for another address; it stays
 * open until {@link FileSource.release}.
 */
export class FileSource implements BodySource {
  readonly #file: OpenFile;
  #sink: BodySink | undefined;
  #at = 0;
  #paused = false;
  #reading = false;
  #released = false;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#at = 0;
    this.#paused = false;
    this.#read();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  /** Nobody wants the rest; but an address that could not be reached never wanted any, and the next one may. */
  cancel(): void {
    this.#sink = undefined;
  }

  /** Nobody will ask for it any more. What is being read comes back first: until then its number must not belong to another file. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#sink = undefined;
    if (!this.#reading) close(this.#file.fd);
  }

  #read(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#paused || this.#reading) return;
    const left = this.#file.size - this.#at;
    if (left === 0) {
      this.#sink = undefined;
      sink.end();
      return;
    }
    this.#reading = true;
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, left));
    read(this.#file.fd, piece, 0, piece.length, this.#at, (error, got) => {
      this.#reading = false;
      if (this.#released) close(this.#file.fd);
      else if (this.#sink === undefined) return;
      else if (this.#sink !== sink) this.#read();
      else if (error !== null) this.#fail(sink, error);
      else if (got === 0) this.#fail(sink, new Error("the file became shorter while it was sent"));
      else this.#give(sink, got === piece.length ? piece : piece.subarray(0, got));
    });
  }

  #give(sink: BodySink, bytes: Uint8Array): void {
    this.#at += bytes.length;
    if (!sink.write(bytes, () => discard(bytes)) && this.#at < this.#file.size) this.#paused = true;
    else this.#read();
  }

  #fail(sink: BodySink, error: Error): void {
    this.#sink = undefined;
    sink.error(error);
  }
}
