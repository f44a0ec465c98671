/** Collects the content of one record, wherever the transport has cut it: at most 65,535 bytes. */
export class RecordContent {
  /** The content; complete once the record has ended. Each record gets an array of its own. */
  bytes: Uint8Array = EMPTY;
  #fill = 0;

  /** A record of `length` content bytes begins. */
  begin(length: number): void {
    this.bytes = new Uint8Array(length);
    this.#fill = 0;
  }

  push(chunk: Uint8Array, start: number, end: number): void {
    this.bytes.set(chunk.subarray(start, end), this.#fill);
    this.#fill += end - start;
  }
}

const EMPTY = new Uint8Array(0);
