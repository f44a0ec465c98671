import { FCGI_HEADER_LEN, MAX_RECORD_CONTENT, RecordType } from "./constants.ts";
import { FastCGIError } from "./errors.ts";
import { paddingFor, writeRecordHeader } from "./header.ts";
import type { ParamList } from "./param-list.ts";
import { writeZeros } from "./zeros.ts";

/**
 * What becomes of a pair that is too large for one record. PHP, uWSGI and others read the pairs of each record by itself,
 * so such a pair is an `error` unless the application is known to join records: then it can be `split`.
 */
export type OversizedParam = "error" | "split";

/** The longest name or value that four bytes can say (FastCGI 1.0 §3.4). */
const LONGEST = 0x7fff_ffff;

/** The most bytes that PARAMS with all headers and padding can take. */
export function paramsRecordsLength(list: ParamList, size: number, oversized: OversizedParam): number {
  if (size <= MAX_RECORD_CONTENT) return size + 2 * FCGI_HEADER_LEN + 7;
  // Two neighbouring records together hold more than one record's worth, so there are at most 2·size/max + 1.
  let records = Math.ceil((2 * size) / MAX_RECORD_CONTENT) + 2;
  for (let index = 0; index < list.names.length; index++) {
    const length = list.pairLength(index);
    if (length <= MAX_RECORD_CONTENT) continue;
    if (oversized === "error" || length > LONGEST) {
      throw tooLarge(`The param ${JSON.stringify(list.names[index])}`, length);
    }
    records += 2; // it leaves the record before and its own last one unfilled
  }
  return size + records * (FCGI_HEADER_LEN + 7);
}

/** The error for pairs of `size` bytes that cannot leave in one record. */
export function tooLarge(what: string, size: number): FastCGIError {
  return new FastCGIError(
    "FCGI_ERR_PARAM_TOO_LARGE",
    `${what} has ${size} bytes; a record holds ${MAX_RECORD_CONTENT}.`,
    { phase: "request" },
  );
}

/** All pairs as one record; returns the offset after its padding. */
export function writePairsRecord(
  slab: Uint8Array,
  start: number,
  type: number,
  id: number,
  list: ParamList,
  size: number,
): number {
  const padding = paddingFor(size);
  const at = list.writeTo(slab, writeRecordHeader(slab, start, type, id, size, padding));
  return writeZeros(slab, at, at + padding);
}

/**
 * PARAMS over one record: cut between pairs, each record filled as far as whole pairs go. A pair that no record can hold
 * goes into records of its own.
 */
export function writeCutParams(slab: Uint8Array, start: number, id: number, list: ParamList): number {
  let head = start;
  let at = head + FCGI_HEADER_LEN;
  const close = (): void => {
    const size = at - head - FCGI_HEADER_LEN;
    if (size === 0) return; // an empty record would be the end of PARAMS
    const padding = paddingFor(size);
    writeRecordHeader(slab, head, RecordType.Params, id, size, padding);
    head = writeZeros(slab, at, at + padding);
    at = head + FCGI_HEADER_LEN;
  };
  if (list.preEncoded !== undefined) {
    slab.set(list.preEncoded, at);
    at += list.preEncoded.length;
  }
  for (let index = 0; index < list.names.length; index++) {
    const length = list.pairLength(index);
    if (at - head - FCGI_HEADER_LEN + length > MAX_RECORD_CONTENT) close();
    if (length <= MAX_RECORD_CONTENT) {
      at = list.writePair(slab, at, index);
    } else {
      const pair = new Uint8Array(length);
      list.writePair(pair, 0, index);
      for (let done = 0; done < length; done += MAX_RECORD_CONTENT) {
        const piece = pair.subarray(done, done + MAX_RECORD_CONTENT);
        slab.set(piece, at);
        at += piece.length;
        close();
      }
    }
  }
  close();
  return head;
}
