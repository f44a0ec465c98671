import { FIXED_BODY_LEN } from "../bodies.ts";
import { FCGI_HEADER_LEN, ValueName } from "../constants.ts";
import type { ProtocolStatus } from "../constants.ts";
import { FastCGIError } from "../errors.ts";
import { decodeNameValues } from "../name-values.ts";
import { ParamList } from "../param-list.ts";
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
  /** Bytes written since the transport took the output for the `#takes`th time. */
  #unsent = 0;
  #takes = 0;

  constructor(output: RecordOutput, mostUnsent: number, values: OwnValues) {
    this.#output = output;
    this.#mostUnsent = mostUnsent;
    this.#values = values;
  }

  /** END_REQUEST for a request of which the application has not heard. Each of these methods throws over the limit. */
  end(id: number, status: ProtocolStatus): void {
    this.#output.endRequest(id, 0, status);
    this.#count(FIXED_ANSWER_LEN);
  }

  /** UNKNOWN_TYPE (FastCGI 1.0 §4.2). */
  unknownType(type: number): void {
    this.#output.unknownType(type);
    this.#count(FIXED_ANSWER_LEN);
  }

  /** GET_VALUES_RESULT (FastCGI 1.0 §4.1): the names that were asked and are known, each once. */
  values(asked: Uint8Array): void {
    const names = decodeNameValues(asked);
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
