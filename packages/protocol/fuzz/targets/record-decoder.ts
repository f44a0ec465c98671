// Z1: any bytes, cut anywhere, are the records that a plain walk over the headers finds, up to the first fault, which is a typed one.
import { ok, strictEqual } from "node:assert";

import { RecordDecoder } from "../../src/decoder.ts";
import { isFastCGIError } from "../../src/errors.ts";
import { RecordLog } from "../../test/record-log.ts";
import { concat, cut, sameBytes } from "../../test/vectors/wire.ts";
import type { WireRecord } from "../../test/vectors/wire.ts";
import { Input } from "../input.ts";

interface Outcome {
  records: WireRecord[];
  fault: string | undefined;
  midRecord: boolean;
}

export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const sizes = input.sizes();
  const tail = input.byte() === 255 ? input.short() : 0; // so that short inputs reach long records
  const bytes = concat(input.rest(), new Uint8Array(tail).fill(1));
  const expected = walk(bytes);
  compare(decode([bytes]), expected);
  // Only the beginning is cut small: a thousand equal pieces say no more than ten.
  const small = bytes.length - tail;
  compare(decode([...cut(bytes.subarray(0, small), sizes), bytes.subarray(small)]), expected);
}

function compare(found: Outcome, expected: Outcome): void {
  strictEqual(found.fault, expected.fault);
  strictEqual(found.midRecord, expected.midRecord);
  strictEqual(found.records.length, expected.records.length);
  for (const [index, { type, id, content }] of expected.records.entries()) {
    const record = found.records[index] as WireRecord;
    ok(record.type === type && record.id === id && sameBytes(record.content, content));
  }
}

function decode(chunks: readonly Uint8Array[]): Outcome {
  const log = new RecordLog();
  const decoder = new RecordDecoder(log);
  let fault: string | undefined;
  try {
    for (const chunk of chunks) decoder.push(chunk);
  } catch (error) {
    if (!isFastCGIError(error)) throw error;
    fault = error.code;
  }
  return { records: log.records, fault, midRecord: fault === undefined && decoder.midRecord };
}

/** The same by the letter of FastCGI 1.0 §3.3, with all bytes at hand. */
function walk(bytes: Uint8Array): Outcome {
  const records: WireRecord[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (bytes.length - at >= 8) {
    const version = bytes[at] as number;
    const type = bytes[at + 1] as number;
    const id = view.getUint16(at + 2);
    const length = view.getUint16(at + 4);
    const padding = bytes[at + 6] as number;
    if (version !== 1) {
      const http = [0x48, 0x54, 0x54, 0x50].every((byte, index) => bytes[at + index] === byte);
      return { records, fault: http ? "FCGI_ERR_NOT_FASTCGI" : "FCGI_ERR_BAD_VERSION", midRecord: false };
    }
    const management = type >= 9 && type <= 11;
    if (id === 0 ? type >= 1 && type <= 8 : management) {
      return { records, fault: "FCGI_ERR_BAD_RECORD", midRecord: false };
    }
    const end = at + 8 + length;
    if (end > bytes.length) return { records, fault: undefined, midRecord: true };
    records.push({ type, id, content: bytes.slice(at + 8, end) });
    at = end + padding;
  }
  return { records, fault: undefined, midRecord: at !== bytes.length };
}
