import { readBeginRequest, readEndRequest, RecordDecoder, RecordType } from "@x/protocol";
import type { FastCGIRecord } from "@x/protocol";
import { FastCGIError } from "@x/protocol/errors";

/** Reads the records of one direction of a connection, as they come. After a fault the rest is passed over. */
export class RecordLines {
  readonly #show: (record: FastCGIRecord | Error) => void;
  readonly #decoder: RecordDecoder;
  #content: Buffer[] = [];
  #broken = false;

  constructor(show: (record: FastCGIRecord | Error) => void) {
    this.#show = show;
    this.#decoder = new RecordDecoder({
      onRecord: () => (this.#content = []),
      onContent: (_type, _id, chunk, start, end) => this.#content.push(Buffer.from(chunk.subarray(start, end))),
      onRecordEnd: (type, id) => show(interpret(type, id, Buffer.concat(this.#content))),
    });
  }

  push(chunk: Uint8Array): void {
    this.#try(() => this.#decoder.push(chunk));
  }

  /** No more comes. */
  end(): void {
    this.#try(() => this.#decoder.end());
  }

  #try(read: () => void): void {
    if (this.#broken) return;
    try {
      read();
    } catch (error) {
      this.#broken = true;
      this.#show(FastCGIError.from(error, "FCGI_ERR_BAD_RECORD"));
    }
  }
}

function interpret(type: number, requestId: number, content: Buffer): FastCGIRecord {
  const whole = content.length >= 8;
  if (type === RecordType.BeginRequest && whole) return { type, requestId, ...readBeginRequest(content) };
  if (type === RecordType.EndRequest && whole) return { type, requestId, ...readEndRequest(content) };
  if (type === RecordType.UnknownType && whole) return { type, requestId, unknownType: content[0]! };
  return { type, requestId, content };
}
