import { FCGI_HEADER_LEN } from "./constants.ts";
import { FastCGIError } from "./errors.ts";

/** Receives what a {@link RecordDecoder} finds. For each record: one `onRecord`, any number of `onContent`, one `onRecordEnd`. */
export interface RecordHandler {
  /** A header is complete; `length` content bytes follow. */
  onRecord(type: number, id: number, length: number): void;
  /** Content bytes `start` to `end` of `chunk`: the next part of the record's content, never empty. */
  onContent(type: number, id: number, chunk: Uint8Array, start: number, end: number): void;
  /** The content is complete; its padding may still be on the way. */
  onRecordEnd(type: number, id: number): void;
}

/**
 * Splits a stream of bytes into FastCGI records (FastCGI 1.0 §3.3), wherever the transport has cut
 * it. Nothing is copied and nothing is allocated for a record: content is told as a range of the
 * chunk that was pushed.
 *
 * Memory: 8 bytes of a split header. Padding is skipped, whatever it holds.
 */
export class RecordDecoder {
  readonly #handler: RecordHandler;
  readonly #header: Uint8Array = new Uint8Array(FCGI_HEADER_LEN);
  #headerFill = 0;
  #type = 0;
  #id = 0;
  #contentLeft = 0;
  #paddingLeft = 0;
  #failed = false;

  constructor(handler: RecordHandler) {
    this.#handler = handler;
  }

  /**
   * Is a record begun and not complete, its padding included? Asked from inside a call of the handler: is there more
   * to come of it than the chunk holds that is being pushed?
   */
  get midRecord(): boolean {
    return this.#headerFill > 0 || this.#contentLeft > 0 || this.#paddingLeft > 0;
  }

  /**
   * Takes the next bytes, `start` to `end` of `chunk`.
   *
   * @throws FastCGIError `FCGI_ERR_BAD_VERSION`, `FCGI_ERR_BAD_RECORD`, and whatever the handler
   * throws. Framing is lost then: the decoder takes no more bytes.
   */
  push(chunk: Uint8Array, start = 0, end: number = chunk.length): void {
    if (this.#failed)
      throw new FastCGIError("FCGI_ERR_CLOSED", "The decoder has failed before and takes no more bytes.");
    this.#failed = true; // until the end of this call is reached
    this.#read(chunk, this.midRecord ? this.#continue(chunk, start, end) : start, end);
    this.#failed = false;
  }

  /**
   * The transport has ended.
   *
   * @throws FastCGIError `FCGI_ERR_TRUNCATED` inside a record
   */
  end(): void {
    if (this.midRecord) {
      throw new FastCGIError("FCGI_ERR_TRUNCATED", "The connection ended inside a record.", { phase: "protocol" });
    }
  }

  /**
   * Reads records from the beginning of one. The numbers of `constants.ts` are written out here: V8 looks an imported
   * binding up each time, and this loop is what every byte on a connection passes.
   */
  #read(chunk: Uint8Array, start: number, end: number): void {
    const handler = this.#handler;
    let at = start;
    while (end - at >= 8) {
      if (chunk[at] !== 1) throw badVersion(chunk, at);
      const type = chunk[at + 1]!;
      const id = (chunk[at + 2]! << 8) | chunk[at + 3]!;
      const length = (chunk[at + 4]! << 8) | chunk[at + 5]!;
      const padding = chunk[at + 6]!;
      if (!belongTogether(type, id)) throw badId(type, id);
      at += 8;
      if (length + padding > end - at) {
        this.#begin(type, id, length, padding);
        this.#continue(chunk, at, end);
        return;
      }
      // The whole record is here: nothing of it needs to be kept.
      handler.onRecord(type, id, length);
      if (length > 0) handler.onContent(type, id, chunk, at, at + length);
      handler.onRecordEnd(type, id);
      at += length + padding;
    }
    while (at < end) this.#header[this.#headerFill++] = chunk[at++]!;
  }

  /** Begins a record that is not whole in one chunk. */
  #begin(type: number, id: number, length: number, padding: number): void {
    this.#type = type;
    this.#id = id;
    this.#contentLeft = length;
    this.#paddingLeft = padding;
    this.#handler.onRecord(type, id, length);
    if (length === 0) this.#handler.onRecordEnd(type, id);
  }

  /** Takes what there is of the record that is begun, and returns the offset after it. */
  #continue(chunk: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.#headerFill > 0) {
      while (this.#headerFill < FCGI_HEADER_LEN && at < end) this.#header[this.#headerFill++] = chunk[at++]!;
      if (this.#headerFill < FCGI_HEADER_LEN) return at;
      this.#headerFill = 0;
      this.#read(this.#header, 0, FCGI_HEADER_LEN);
    }
    if (this.#contentLeft > 0 && at < end) {
      const until = Math.min(at + this.#contentLeft, end);
      this.#contentLeft -= until - at;
      this.#handler.onContent(this.#type, this.#id, chunk, at, until);
      at = until;
      if (this.#contentLeft === 0) this.#handler.onRecordEnd(this.#type, this.#id);
    }
    // While content is missing the chunk has come to its end, so that nothing is skipped.
    const skipped = Math.min(this.#paddingLeft, end - at);
    this.#paddingLeft -= skipped;
    return at + skipped;
  }
}

/**
 * Id 0 is for management records and for them alone (FastCGI 1.0 §3.3): types 9 to 11, where 1 to 8 are those of
 * requests. A type that is not known may have any id.
 */
function belongTogether(type: number, id: number): boolean {
  return type > 8 ? id === 0 || type > 11 : id !== 0 || type === 0;
}

function badId(type: number, id: number): FastCGIError {
  return new FastCGIError("FCGI_ERR_BAD_RECORD", `A record of type ${type} cannot have request id ${id}.`, {
    phase: "protocol",
    requestId: id,
  });
}

/** Says what the peer speaks when it is not FastCGI: an HTTP server on the address is the usual mistake. */
function badVersion(bytes: Uint8Array, at: number): FastCGIError {
  const looksLikeHttp =
    bytes[at] === 0x48 && bytes[at + 1] === 0x54 && bytes[at + 2] === 0x54 && bytes[at + 3] === 0x50;
  if (looksLikeHttp) {
    return new FastCGIError("FCGI_ERR_NOT_FASTCGI", "The peer answered in HTTP, not in FastCGI.", {
      phase: "protocol",
    });
  }
  return new FastCGIError(
    "FCGI_ERR_BAD_VERSION",
    `Record version ${bytes[at]}, only 1 is known: the peer does not speak FastCGI, or framing is lost.`,
    { phase: "protocol" },
  );
}
