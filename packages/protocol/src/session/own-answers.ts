import { FIXED_BODY_LEN } from "../bodies.ts";
import { FCGI_HEADER_LEN, RecordType, ValueName } from "../constants.ts";
import type { ProtocolStatus } from "../constants.ts";
import { FastCGIError } from "../errors.ts";
import { decodeNameValues } from "../name-values.ts";
import { ParamList } from "../param-list.ts";
import { RecordContent } from "../record-content.ts";
import type { RecordOutput } from "../record-output.ts";

/** Bytes of END_REQUEST and of UNKNOWN_TYPE. */
const FIXED_ANSWER_LEN = FCGI_HEADER_LEN + FIXED_BODY_LEN;

/** What an application's session says of itself. */
export interface OwnValues {
  readonly maxConnections: number | undefined;
  readonly maxRequests: number | undefined;
  readonly multiplexes: boolean;
}

/**
 * What a session answers without its application: refusals and management records. Whoever asks without end and does not read
 * must not fill the memory, so the bytes that the transport has not taken are counted.
 */
export class OwnAnswers {
  readonly #output: RecordOutput;
  readonly #mostUnsent: number;
  readonly #values: OwnValues;
  /** The names asked for by a GET_VALUES that is coming. */
  readonly #asked = new RecordContent();
  /** Bytes written since the transport took the output for the `#takes`th time. */
  #unsent = 0;
  #takes = 0;

  constructor(output: RecordOutput, mostUnsent: number, values: OwnValues) {
    this.#output = output;
    this.#mostUnsent = mostUnsent;
    this.#values = values;
  }

  /** END_REQUEST for a request of which the application has not heard. Throws over the limit, as all that answers. */
  end(id: number, status: ProtocolStatus): void {
    this.#output.endRequest(id, 0, status);
    this.#count(FIXED_ANSWER_LEN);
  }

  /** A GET_VALUES of `length` bytes begins. */
  beginQuestion(length: number): void {
    this.#asked.begin(length);
  }

  pushQuestion(chunk: Uint8Array, start: number, end: number): void {
    this.#asked.push(chunk, start, end);
  }

  /** A management record has come, to be answered if it asks something. */
  endRecord(type: number): void {
    switch (type) {
      case RecordType.GetValues:
        return this.#answerValues();
      case RecordType.GetValuesResult:
      case RecordType.UnknownType:
        return; // answers that nobody asked for; echoing UNKNOWN_TYPE would play ping-pong
      default: // FastCGI 1.0 §4.2
        this.#output.unknownType(type);
        this.#count(FIXED_ANSWER_LEN);
    }
  }

  /** GET_VALUES_RESULT (FastCGI 1.0 §4.1): the names that were asked and are known, each once. */
  #answerValues(): void {
    const names = decodeNameValues(this.#asked.bytes);
    const { maxConnections, maxRequests, multiplexes } = this.#values;
    const values = new ParamList();
    if (names.has(ValueName.MaxConns) && maxConnections !== undefined) {
      values.add(ValueName.MaxConns, String(maxConnections));
    }
    if (names.has(ValueName.MaxReqs) && maxRequests !== undefined) values.add(ValueName.MaxReqs, String(maxRequests));
    if (names.has(ValueName.MpxsConns)) values.add(ValueName.MpxsConns, multiplexes ? "1" : "0");
    this.#output.getValuesResult(values);
    this.#count(FCGI_HEADER_LEN + values.byteLength);
  }

  #count(bytes: number): void {
    const { takes } = this.#output;
    if (takes !== this.#takes) this.#unsent = 0;
    this.#takes = takes;
    this.#unsent += bytes;
    if (this.#unsent > this.#mostUnsent) {
      throw new FastCGIError(
        "FCGI_ERR_SEND_TIMEOUT",
        `The peer leaves more than ${this.#mostUnsent} bytes of answers unread.`,
        { phase: "send" },
      );
    }
  }
}
