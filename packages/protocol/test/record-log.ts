import type { RecordHandler } from "../src/decoder.ts";
import type { WireRecord } from "./vectors/wire.ts";

interface OpenRecord extends WireRecord {
  fill: number;
}

/** Keeps what a decoder tells, and throws when it breaks the promise of `RecordHandler`. */
export class RecordLog implements RecordHandler {
  readonly records: WireRecord[] = [];
  /** How often `onContent` was called. */
  contentCalls = 0;
  #open: OpenRecord | undefined;

  onRecord(type: number, id: number, length: number): void {
    if (this.#open !== undefined) throw new Error("onRecord inside a record");
    this.#open = { type, id, content: new Uint8Array(length), fill: 0 };
  }

  onContent(type: number, id: number, chunk: Uint8Array, start: number, end: number): void {
    const open = this.#opened(type, id);
    if (start >= end || end > chunk.length) throw new Error(`onContent with ${start} to ${end} of ${chunk.length}`);
    open.content.set(chunk.subarray(start, end), open.fill); // throws when it is too much
    open.fill += end - start;
    this.contentCalls++;
  }

  onRecordEnd(type: number, id: number): void {
    const open = this.#opened(type, id);
    if (open.fill !== open.content.length) throw new Error(`onRecordEnd after ${open.fill} bytes`);
    this.records.push({ type, id, content: open.content });
    this.#open = undefined;
  }

  #opened(type: number, id: number): OpenRecord {
    if (this.#open?.type !== type || this.#open.id !== id) throw new Error("not the record that was begun");
    return this.#open;
  }
}
