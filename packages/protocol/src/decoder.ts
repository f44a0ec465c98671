import { FCGI_HEADER_LEN, FCGI_VERSION_1, RecordType } from "./constants.ts";
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

  /** Is a record begun and not complete, its padding included? */
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
    let at = start;
    while (at < end) {
      if (this.#contentLeft > 0) {
        const until = Math.min(at + this.#contentLeft, end);
        this.#contentLeft -= until - at;
        this.#handler.onContent(this.#type, this.#id, chunk, at, until);
        at = until;
        if (this.#contentLeft === 0) this.#handler.onRecordEnd(this.#type, this.#id);
      } else if (this.#paddingLeft > 0) {
        const skipped = Math.min(this.#paddingLeft, end - at);
        this.#paddingLeft -= skipped;
        at += skipped;
      } else if (this.#headerFill === 0 && end - at >= FCGI_HEADER_LEN) {
        this.#begin(chunk, at);
        at += FCGI_HEADER_LEN;
      } else {
        this.#header[this.#headerFill++] = chunk[at++]!;
        if (this.#headerFill === FCGI_HEADER_LEN) {
          this.#headerFill = 0;
          this.#begin(this.#header, 0);
        }
      }
    }
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

  #begin(bytes: Uint8Array, at: number): void {
    if (bytes[at] !== FCGI_VERSION_1) throw badVersion(bytes, at);
    const type = bytes[at + 1]!;
    const id = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const length = (bytes[at + 4]! << 8) | bytes[at + 5]!;
    if (id === 0 ? type >= RecordType.BeginRequest && type <= RecordType.Data : isManagementType(type)) {
      throw new FastCGIError("FCGI_ERR_BAD_RECORD", `A record of type ${type} cannot have request id ${id}.`, {
        phase: "protocol",
        requestId: id,
      });
    }
    this.#type = type;
    this.#id = id;
    this.#contentLeft = length;
    this.#paddingLeft = bytes[at + 6]!;
    this.#handler.onRecord(type, id, length);
    if (length === 0) this.#handler.onRecordEnd(type, id);
  }
}

function isManagementType(type: number): boolean {
  return type >= RecordType.GetValues && type <= RecordType.UnknownType;
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
