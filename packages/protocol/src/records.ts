import { BatchIterator } from "./batch-iterator.ts";
import { readBeginRequest, readEndRequest } from "./bodies.ts";
import { RecordType, Role } from "./constants.ts";
import { RecordDecoder } from "./decoder.ts";
import type { RecordHandler } from "./decoder.ts";
import { FastCGIError } from "./errors.ts";
import { joinBytes } from "./join-bytes.ts";
import { RecordContent } from "./record-content.ts";
import { RecordOutput } from "./record-output.ts";
import type { FastCGIRecord, RecordInput } from "./record-types.ts";

/**
 * Encodes one record (content over 65,528 bytes: as many as it takes). No content makes the empty
 * record that ends a stream. For a connection use `RecordOutput`, which writes many records at once.
 */
export function encodeRecord(record: RecordInput): Uint8Array {
  const output = new RecordOutput(() => {});
  switch (record.type) {
    case RecordType.BeginRequest:
      output.beginRequest(record.requestId, record.role ?? Role.Responder, record.keepConn ?? false);
      break;
    case RecordType.EndRequest:
      output.endRequest(record.requestId, record.appStatus ?? 0, record.protocolStatus ?? 0);
      break;
    case RecordType.UnknownType:
      output.unknownType(record.unknownType);
      break;
    default:
      if (record.content === undefined || record.content.length === 0)
        output.endStream(record.type, record.requestId ?? 0);
      else output.stream(record.type, record.requestId ?? 0, record.content);
  }
  return joinBytes(output.take());
}

/**
 * Iterates over the records in a stream of bytes. The convenient way for tools and tests, not for a server: the
 * records of one chunk of the source are held in memory, and content that comes in several chunks is collected,
 * at most 65,535 bytes. Content is a copy, and records that came in one chunk share it.
 *
 * @throws FastCGIError as `RecordDecoder` does, `FCGI_ERR_TRUNCATED` when the source ends inside a record
 */
export function records(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncIterableIterator<FastCGIRecord, void, void> {
  return new BatchIterator(recordBatches(source));
}

/** The records that each chunk completes. */
async function* recordBatches(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<FastCGIRecord[], void, void> {
  const collector = new RecordCollector();
  const decoder = new RecordDecoder(collector);
  for await (const chunk of source) {
    let failure: unknown;
    try {
      decoder.push(new Uint8Array(chunk));
    } catch (error) {
      failure = error;
    }
    // What was whole before the fault comes out, however the source has cut its chunks.
    yield collector.take();
    if (failure !== undefined) throw failure;
  }
  decoder.end();
}

/** A record handler that makes whole records. The chunks are its own: content that is whole in one is a part of it. */
class RecordCollector implements RecordHandler {
  readonly #split = new RecordContent();
  #content: Uint8Array = EMPTY;
  #length = 0;
  #whole: FastCGIRecord[] = [];

  /** What is whole, once. */
  take(): FastCGIRecord[] {
    const whole = this.#whole;
    this.#whole = [];
    return whole;
  }

  onRecord(_type: number, _id: number, length: number): void {
    this.#length = length;
    this.#content = EMPTY;
  }

  onContent(_type: number, _id: number, chunk: Uint8Array, start: number, end: number): void {
    if (end - start === this.#length) {
      this.#content = chunk.subarray(start, end);
      return;
    }
    if (this.#content === EMPTY) {
      this.#split.begin(this.#length);
      this.#content = this.#split.bytes;
    }
    this.#split.push(chunk, start, end);
  }

  onRecordEnd(type: number, requestId: number): void {
    this.#whole.push(interpret(type, requestId, this.#content));
  }
}

const EMPTY = new Uint8Array(0);

function interpret(type: number, requestId: number, content: Uint8Array): FastCGIRecord {
  switch (type) {
    case RecordType.BeginRequest:
      requireBody(type, content);
      return { type, requestId, ...readBeginRequest(content) };
    case RecordType.EndRequest:
      requireBody(type, content);
      return { type, requestId, ...readEndRequest(content) };
    case RecordType.UnknownType:
      requireBody(type, content);
      return { type, requestId, unknownType: content[0]! };
    default:
      return { type, requestId, content };
  }
}

function requireBody(type: number, content: Uint8Array): void {
  if (content.length < 8) {
    throw new FastCGIError(
      "FCGI_ERR_BAD_RECORD",
      `A record of type ${type} has a body of 8 bytes, not ${content.length}.`,
      { phase: "protocol" },
    );
  }
}
