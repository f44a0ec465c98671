import { RecordType } from "../constants.ts";
import { decodeNameValues } from "../name-values.ts";
import type { Params } from "../params.ts";
import { RecordContent } from "../record-content.ts";
import type { RecordOutput } from "../record-output.ts";

/** What a web server's session asks the application, and what comes back (FastCGI 1.0 §4.1). */
export class OwnQuestions {
  readonly #output: RecordOutput;
  readonly #onValues: ((values: Params | undefined) => void) | undefined;
  readonly #result = new RecordContent();
  /** GET_VALUES sent and not answered. */
  #open = 0;

  constructor(output: RecordOutput, onValues: ((values: Params | undefined) => void) | undefined) {
    this.#output = output;
    this.#onValues = onValues;
  }

  /** How many are not answered. */
  get open(): number {
    return this.#open;
  }

  /** Sends GET_VALUES. */
  ask(names: readonly string[]): void {
    this.#output.getValues(names);
    this.#open++;
  }

  /** A GET_VALUES_RESULT of `length` bytes begins. */
  beginResult(length: number): void {
    this.#result.begin(length);
  }

  pushResult(chunk: Uint8Array, start: number, end: number): void {
    this.#result.push(chunk, start, end);
  }

  /** @throws FastCGIError `FCGI_ERR_BAD_NAME_VALUES`, asked for or not */
  endResult(): void {
    this.#answer(decodeNameValues(this.#result.bytes));
  }

  /** UNKNOWN_TYPE came: the application does not know this type of record (FastCGI 1.0 §4.2). */
  onUnknownType(type: number | undefined): void {
    if (type === RecordType.GetValues) this.#answer(undefined);
  }

  /** One question, one answer: Go sends an empty GET_VALUES_RESULT after the real one. */
  #answer(values: Params | undefined): void {
    if (this.#open === 0) return;
    this.#open--;
    this.#onValues?.(values);
  }
}
