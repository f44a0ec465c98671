import { FIXED_BODY_LEN, writeBeginRequest, writeEndRequest, writeUnknownType } from "./bodies.ts";
import { FCGI_HEADER_LEN, FCGI_NULL_REQUEST_ID, MAX_RECORD_CONTENT, RecordType } from "./constants.ts";
import { FastCGIError } from "./errors.ts";
import { paddingFor, writeRecordHeader } from "./header.ts";
import { toParamList } from "./param-list.ts";
import type { ParamList, ParamsInput } from "./param-list.ts";
import { paramsRecordsLength, tooLarge, writeCutParams, writePairsRecord } from "./params-records.ts";
import type { OversizedParam } from "./params-records.ts";
import { giveBack, lease } from "./slab.ts";
import { writeUtf8 } from "./text.ts";
import { writeZeros } from "./zeros.ts";

/** Content below this many bytes is copied beside its header; above it, a piece of its own is cheaper. */
const COPY_BELOW = 4_096;

/** What {@link paddingFor} gives at most. */
const MAX_PADDING = 7;

const FIXED_RECORD_LEN = FCGI_HEADER_LEN + FIXED_BODY_LEN;

/**
 * The encoder: collects the records for one connection until {@link RecordOutput.take} hands them
 * to the transport, so that everything one turn of the event loop produces leaves in one write.
 *
 * Heads and small content lie side by side in a slab. Large content passes by reference: it must not
 * change until the transport has written it. No part of a slab is written twice unless the transport allows
 * it by {@link RecordOutput.reuse}, so it may keep the pieces as long as it likes.
 */
export class RecordOutput {
  readonly #onPending: () => void;
  #slab: Uint8Array = EMPTY;
  /** Start of what is not yet a piece. */
  #start = 0;
  #end = 0;
  /** How far the slab is ours. */
  #limit = 0;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #takes = 0;
  /** Where that begins which was taken last, as far as it lies in the slab. */
  #taken = 0;

  /** @param onPending called when the first byte comes in after nothing was pending: time to plan a flush */
  constructor(onPending: () => void) {
    this.#onPending = onPending;
  }

  /** Bytes waiting for {@link RecordOutput.take}. */
  get pendingBytes(): number {
    return this.#pieceBytes + this.#end - this.#start;
  }

  /** How often {@link RecordOutput.take} was called: what was written at another number has been handed out. */
  get takes(): number {
    return this.#takes;
  }

  /** Everything collected, in order; nothing is pending afterwards. */
  take(): Uint8Array[] {
    this.#takes++;
    // The usual case first: all of it lies in the slab, and no list has to grow.
    const alone = this.#pieces.length === 0 && this.#end > this.#start;
    this.#taken = this.#start;
    const pieces = alone ? [this.#slab.subarray(this.#start, this.#end)] : this.#takePieces();
    this.#start = this.#end;
    if (giveBack(this.#slab, this.#end, this.#limit)) this.#limit = this.#end;
    return pieces;
  }

  /** Says that nobody looks any more at what was taken last: its place in the slab may be written again. */
  reuse(): void {
    if (this.pendingBytes > 0) return;
    if (giveBack(this.#slab, this.#taken, this.#limit)) this.#limit = this.#taken;
    this.#start = this.#end = this.#taken;
  }

  /** BEGIN_REQUEST (FastCGI 1.0 §5.1). */
  beginRequest(id: number, role: number, keepConn: boolean): void {
    this.#commit(this.#writeBegin(this.#reserve(FIXED_RECORD_LEN), id, role, keepConn));
  }

  /**
   * PARAMS and the empty record that ends them (FastCGI 1.0 §5.2); no pair is cut by a record, unless it is too
   * large for any and `oversized` is `"split"`.
   *
   * @throws FastCGIError `FCGI_ERR_PARAM_TOO_LARGE` for a pair that does not fit into one record, `FCGI_ERR_INVALID_ARGUMENT`
   */
  params(id: number, params: ParamsInput, oversized: OversizedParam = "error"): void {
    const list = toParamList(params);
    const size = list.byteLength;
    this.#commit(this.#writeParams(this.#reserve(paramsRecordsLength(list, size, oversized)), id, list, size));
  }

  /**
   * BEGIN_REQUEST and all of PARAMS in one go; when a param cannot be sent, nothing is.
   *
   * @throws FastCGIError as {@link RecordOutput.params} does
   */
  request(id: number, role: number, keepConn: boolean, params: ParamsInput, oversized: OversizedParam = "error"): void {
    const list = toParamList(params);
    const size = list.byteLength;
    const at = this.#reserve(FIXED_RECORD_LEN + paramsRecordsLength(list, size, oversized));
    this.#commit(this.#writeParams(this.#writeBegin(at, id, role, keepConn), id, list, size));
  }

  /** ABORT_REQUEST (FastCGI 1.0 §5.4). */
  abortRequest(id: number): void {
    this.#record(RecordType.AbortRequest, id, 0);
  }

  /** END_REQUEST (FastCGI 1.0 §5.5). */
  endRequest(id: number, appStatus: number, protocolStatus: number): void {
    const at = writeRecordHeader(
      this.#slabFor(FIXED_RECORD_LEN),
      this.#end,
      RecordType.EndRequest,
      id,
      FIXED_BODY_LEN,
      0,
    );
    this.#commit(writeEndRequest(this.#slab, at, appStatus, protocolStatus));
  }

  /**
   * Content of a stream (FastCGI 1.0 §3.3): bytes `start` to `end` of `chunk`, in as many records
   * as it takes. An empty range writes nothing, since an empty record would end the stream.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a range that is not inside the chunk: its records
   * would not hold what they say
   */
  stream(
    type: number,
    id: number,
    chunk: Uint8Array,
    start = 0,
    end: number = chunk.length,
    most: number = MAX_RECORD_CONTENT,
  ): void {
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end <= chunk.length)) {
      throw new FastCGIError(
        "FCGI_ERR_INVALID_ARGUMENT",
        `A chunk of ${chunk.length} bytes has no bytes ${start} to ${end}.`,
      );
    }
    for (let at = start; at < end; at += most) {
      const until = Math.min(at + most, end);
      const length = until - at;
      const padding = paddingFor(length);
      if (length < COPY_BELOW) {
        let target = writeRecordHeader(
          this.#slabFor(FCGI_HEADER_LEN + length + padding),
          this.#end,
          type,
          id,
          length,
          padding,
        );
        this.#slab.set(length === chunk.length ? chunk : chunk.subarray(at, until), target);
        target += length;
        this.#commit(writeZeros(this.#slab, target, target + padding));
      } else {
        this.#commit(writeRecordHeader(this.#slabFor(FCGI_HEADER_LEN), this.#end, type, id, length, padding));
        this.#seal();
        this.#pieces.push(length === chunk.length ? chunk : chunk.subarray(at, until));
        this.#pieceBytes += length;
        if (padding > 0) {
          const slab = this.#slabFor(padding);
          this.#commit(writeZeros(slab, this.#end, this.#end + padding));
        }
      }
    }
  }

  /**
   * Content of a stream in one record: bytes, and behind them text as UTF-8, which is encoded in its place.
   *
   * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` when a record may be too small for both, at three bytes a character
   */
  streamText(type: number, id: number, start: Uint8Array, text: string): void {
    const most = start.length + text.length * 3;
    if (most > MAX_RECORD_CONTENT) {
      throw new FastCGIError("FCGI_ERR_INVALID_ARGUMENT", `A record may be too small for ${most} bytes of text.`);
    }
    if (most === 0) return; // an empty record would end the stream
    const slab = this.#slabFor(FCGI_HEADER_LEN + most + MAX_PADDING);
    const content = this.#end + FCGI_HEADER_LEN;
    slab.set(start, content);
    const end = writeUtf8(slab, content + start.length, text);
    const length = end - content;
    const padding = paddingFor(length);
    writeRecordHeader(slab, this.#end, type, id, length, padding);
    this.#commit(writeZeros(slab, end, end + padding));
  }

  /** The empty record that ends a stream. */
  endStream(type: number, id: number): void {
    this.#record(type, id, 0);
  }

  /** GET_VALUES (FastCGI 1.0 §4.1). */
  getValues(names: readonly string[]): void {
    this.#pairs(
      RecordType.GetValues,
      names.map((name) => [name, ""] as const),
    );
  }

  /** GET_VALUES_RESULT (FastCGI 1.0 §4.1). */
  getValuesResult(values: ParamsInput): void {
    this.#pairs(RecordType.GetValuesResult, values);
  }

  /** UNKNOWN_TYPE, the answer to a management record of a type that is not known (FastCGI 1.0 §4.2). */
  unknownType(type: number): void {
    const at = writeRecordHeader(
      this.#slabFor(FIXED_RECORD_LEN),
      this.#end,
      RecordType.UnknownType,
      FCGI_NULL_REQUEST_ID,
      FIXED_BODY_LEN,
      0,
    );
    this.#commit(writeUnknownType(this.#slab, at, type));
  }

  #pairs(type: number, input: ParamsInput): void {
    const list = toParamList(input);
    const size = list.byteLength;
    if (size > MAX_RECORD_CONTENT) throw tooLarge("A management record", size);
    this.#commit(
      writePairsRecord(this.#slabFor(FCGI_HEADER_LEN + size + 7), this.#end, type, FCGI_NULL_REQUEST_ID, list, size),
    );
  }

  /** A record without content, its header alone. */
  #record(type: number, id: number, length: 0): void {
    this.#commit(writeRecordHeader(this.#slabFor(FCGI_HEADER_LEN), this.#end, type, id, length, 0));
  }

  #writeBegin(at: number, id: number, role: number, keepConn: boolean): number {
    const body = writeRecordHeader(this.#slab, at, RecordType.BeginRequest, id, FIXED_BODY_LEN, 0);
    return writeBeginRequest(this.#slab, body, role, keepConn);
  }

  #writeParams(start: number, id: number, list: ParamList, size: number): number {
    let at = start;
    if (size > MAX_RECORD_CONTENT) at = writeCutParams(this.#slab, at, id, list);
    else if (size > 0) at = writePairsRecord(this.#slab, at, RecordType.Params, id, list, size);
    return writeRecordHeader(this.#slab, at, RecordType.Params, id, 0, 0);
  }

  #reserve(length: number): number {
    this.#slabFor(length);
    return this.#end;
  }

  /** Makes room for `length` bytes at `#end`. */
  #slabFor(length: number): Uint8Array {
    if (this.#limit - this.#end < length) {
      giveBack(this.#slab, this.#end, this.#limit);
      const { bytes, start, end } = lease(length);
      if (bytes !== this.#slab || start !== this.#end) {
        this.#seal();
        this.#slab = bytes;
        this.#taken = this.#start = this.#end = start;
      }
      this.#limit = end;
    }
    return this.#slab;
  }

  /** Makes the bytes up to `end` part of the output. */
  #commit(end: number): void {
    const first = this.pendingBytes === 0;
    this.#end = end;
    if (first) this.#onPending();
  }

  #takePieces(): Uint8Array[] {
    this.#seal();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceBytes = 0;
    return pieces;
  }

  #seal(): void {
    if (this.#end === this.#start) return;
    this.#pieces.push(this.#slab.subarray(this.#start, this.#end));
    this.#pieceBytes += this.#end - this.#start;
    this.#start = this.#end;
  }
}

const EMPTY = new Uint8Array(0);
