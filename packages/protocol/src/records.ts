import { readBeginRequest, readEndRequest } from "./bodies.ts";
import { RecordType, Role } from "./constants.ts";
import { RecordDecoder } from "./decoder.ts";
import { FastCGIError } from "./errors.ts";
import { RecordContent } from "./record-content.ts";
import { RecordOutput } from "./record-output.ts";

/** One whole record. The fixed bodies are told as fields, all other content as bytes. */
export type FastCGIRecord =
  | { type: typeof RecordType.BeginRequest; requestId: number; role: number; keepConn: boolean }
  | { type: typeof RecordType.EndRequest; requestId: number; appStatus: number; protocolStatus: number }
  | { type: typeof RecordType.UnknownType; requestId: number; unknownType: number }
  | { type: ContentRecordType; requestId: number; content: Uint8Array };

/** The types whose content is a stream or a name-value list, and any number that the specification does not have. */
export type ContentRecordType = Exclude<RecordType, 1 | 3 | 11> | (number & {});

/** What {@link encodeRecord} takes: a record with the usual defaults. */
export type RecordInput =
  | { type: typeof RecordType.BeginRequest; requestId: number; role?: Role; keepConn?: boolean }
  | { type: typeof RecordType.EndRequest; requestId: number; appStatus?: number; protocolStatus?: number }
  | { type: typeof RecordType.UnknownType; unknownType: number }
  | { type: Exclude<RecordType, 1 | 3 | 11>; requestId?: number; content?: Uint8Array };

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
  return join(output.take());
}

/**
 * Iterates over the records in a stream of bytes; content is copied. The convenient way for tools
 * and tests, not for a server: one whole record is held in memory, at most 65,535 bytes.
 *
 * @throws FastCGIError as `RecordDecoder` does, `FCGI_ERR_TRUNCATED` when the source ends inside a record
 */
export async function* records(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<FastCGIRecord, void, void> {
  const complete: FastCGIRecord[] = [];
  const collector = new RecordCollector((record) => complete.push(record));
  const decoder = new RecordDecoder(collector);
  for await (const chunk of source) {
    let failure: unknown;
    try {
      decoder.push(chunk);
    } catch (error) {
      failure = error;
    }
    // What was whole before the fault comes out, however the source has cut its chunks.
    yield* complete.splice(0);
    if (failure !== undefined) throw failure;
  }
  decoder.end();
}

/** A record handler that gives whole records. */
class RecordCollector {
  readonly #onWhole: (record: FastCGIRecord) => void;
  readonly #content = new RecordContent();

  constructor(onWhole: (record: FastCGIRecord) => void) {
    this.#onWhole = onWhole;
  }

  onRecord(_type: number, _id: number, length: number): void {
    this.#content.begin(length);
  }

  onContent(_type: number, _id: number, chunk: Uint8Array, start: number, end: number): void {
    this.#content.push(chunk, start, end);
  }

  onRecordEnd(type: number, requestId: number): void {
    this.#onWhole(interpret(type, requestId, this.#content.bytes));
  }
}

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

/** The pieces as one array of exactly their size, so that a record kept does not keep a slab. */
function join(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
