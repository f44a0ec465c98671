import { close, read } from "node:fs";

import type { ServedRequest } from "../http/served-request.ts";

/**
 * Bytes that are read at once. A connection wants no more when it holds one, so a client that is slow holds one; each is a way to another
 * thread and back, which costs more than the copying of 64 KiB.
 */
const PIECE = 131_072;
/** Pieces that are kept for the next file: what passes through must not become garbage, of which the collector lets 64 MB pile up. */
const FREE_KEPT = 64;

const free: Buffer[] = [];

function take(size: number): Buffer {
  return size < PIECE ? Buffer.allocUnsafeSlow(size) : (free.pop() ?? Buffer.allocUnsafeSlow(PIECE));
}

function give(piece: Buffer): void {
  if (piece.length === PIECE && free.length < FREE_KEPT) free.push(piece);
}

/** Sends an open file, or a part of it: exactly as many bytes as were announced, or visibly fewer. Closes it. */
export class FileBody {
  readonly #served: ServedRequest;
  readonly #fd: number;
  #at: number;
  #left: number;
  #reading = false;
  #over = false;

  /**
   * @param fd is closed at the end
   * @param offset of the first byte that is sent
   * @param length bytes to send
   */
  constructor(served: ServedRequest, fd: number, offset: number, length: number) {
    this.#served = served;
    this.#fd = fd;
    this.#at = offset;
    this.#left = length;
  }

  start(statusCode: number, rawHeaders: string[]): void {
    const { response } = this.#served;
    this.#served.onAbort = () => this.#close();
    response.onDrain = () => this.#read();
    response.start(statusCode, rawHeaders);
    if (this.#left === 0) this.#end();
    else this.#read();
  }

  #read(): void {
    if (this.#reading || this.#over) return;
    this.#reading = true;
    const size = Math.min(PIECE, this.#left);
    const piece = take(size);
    read(this.#fd, piece, 0, size, this.#at, (error, got) => {
      this.#reading = false;
      if (this.#over || error !== null || got === 0) give(piece);
      // What was read came back first: until then the number must not belong to another file.
      if (this.#over) close(this.#fd);
      else if (error !== null) this.#cut(error);
      else if (got === 0) this.#cut(new Error("The file became shorter while it was sent."));
      else this.#give(piece, got);
    });
  }

  #give(piece: Buffer, length: number): void {
    this.#at += length;
    this.#left -= length;
    const more = this.#served.response.write(piece.subarray(0, length), () => give(piece));
    // The client may have gone by that.
    if (this.#over) return;
    if (this.#left === 0) this.#end();
    else if (more) this.#read();
  }

  #end(): void {
    this.#close();
    this.#served.response.end();
    this.#served.settle();
  }

  #cut(error: Error): void {
    this.#close();
    this.#served.cut(error);
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#reading) close(this.#fd);
  }
}
