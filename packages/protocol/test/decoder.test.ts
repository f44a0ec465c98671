import { describe, expect, test } from "vitest";

import { RecordDecoder } from "../src/decoder.ts";
import { countAllocations } from "./counting.ts";
import { failure } from "./failure.ts";
import { RecordLog } from "./record-log.ts";
import { failingApplication, simpleRequest, splitParams, twoRequests } from "./vectors/appendix-b.ts";
import { begin, concat, cut, end, hex, latin1, pattern, record, sameBytes } from "./vectors/wire.ts";
import type { WireRecord } from "./vectors/wire.ts";

function decode(...chunks: Uint8Array[]): WireRecord[] {
  const log = new RecordLog();
  const decoder = new RecordDecoder(log);
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return log.records;
}

/** With odd padding full of rubbish, empty records, unknown types, two ids. */
const MIXED = concat(
  begin(1),
  record(4, 1, "ab", 3, 0xee),
  record(4, 1, "", 255, 0x01),
  hex("01 05 012C 0003 01 FF 786F78 CC"),
  record(9, 0, "x", 1, 1),
  record(200, 0, "??", 2, 1),
  record(77, 5, pattern(300), 4, 0xff),
  end(1, 7),
);
const STREAMS: readonly (readonly [string, Uint8Array])[] = [
  ["App. B.1, request", simpleRequest.fromServer],
  ["App. B.1, answer", simpleRequest.fromApplication],
  ["App. B.2, request", splitParams.fromServer],
  ["App. B.3, answer", failingApplication.fromApplication],
  ["App. B.4, answer", twoRequests.fromApplication],
  ["records with rubbish in padding and reserved bytes", MIXED],
];

describe("the header", () => {
  test("[P9] is version, type, id, content length, padding length, reserved: big-endian, eight bytes", () => {
    const log: unknown[] = [];
    const decoder = new RecordDecoder({
      onRecord: (...args) => log.push(args),
      onContent: (type, id, _chunk, start, until) => log.push([type, id, until - start]),
      onRecordEnd: (type, id) => log.push([type, id]),
    });
    decoder.push(concat(hex("01 06 0203 0102 05 00"), new Uint8Array(258 + 5)));
    expect(log).toEqual([
      [6, 0x0203, 258],
      [6, 0x0203, 258],
      [6, 0x0203],
    ]);
    expect(decoder.midRecord).toBe(false);
  });

  test("[P20] ids use both bytes", () => {
    expect(decode(hex("01 06 012C 0000 00 00"))).toEqual([{ type: 6, id: 300, content: new Uint8Array(0) }]);
    expect(decode(record(6, 65_535))[0]?.id).toBe(65_535);
    expect(decode(record(6, 255))[0]?.id).toBe(255);
    expect(decode(record(6, 256))[0]?.id).toBe(256);
  });

  test.for([0, 2, 9, 128, 255])("[P10] [TF05] version %i is refused", (version) => {
    const bytes = record(6, 1, "x");
    bytes[0] = version;
    for (const chunks of [[bytes], cut(bytes, [1])]) {
      expect(failure(() => decode(...chunks)).code).toBe("FCGI_ERR_BAD_VERSION");
    }
  });

  test("[P10] a version is checked in every record, not only in the first", () => {
    const bytes = concat(record(6, 1, "x"), record(6, 1, "y"));
    bytes[9] = 3;
    expect(failure(() => decode(bytes)).code).toBe("FCGI_ERR_BAD_VERSION");
  });

  test("[TF34] an HTTP answer is told as such, an HTTP request is a bad version", () => {
    expect(failure(() => decode(latin1("HTTP/1.1 400 Bad Request\r\n"))).code).toBe("FCGI_ERR_NOT_FASTCGI");
    for (const text of ["GET / HTTP/1.1\r\n", "XTTP/1.1", "HXTP/1.1", "HTXP/1.1", "HTTX/1.1"]) {
      expect(failure(() => decode(latin1(text))).code).toBe("FCGI_ERR_BAD_VERSION");
    }
  });

  test("[P15] [TF05] the reserved byte is ignored", () => {
    const bytes = record(6, 1, "x");
    bytes[7] = 0xff;
    expect(decode(bytes)).toEqual([{ type: 6, id: 1, content: latin1("x") }]);
  });

  test.for([1, 2, 3, 4, 5, 6, 7, 8])("[P19] [V8] [TF03] type %i with id 0 is refused", (type) => {
    const error = failure(() => decode(record(type, 0, "12345678")));
    expect(error.code).toBe("FCGI_ERR_BAD_RECORD");
    expect(decode(record(type, 1, "12345678"))).toHaveLength(1);
  });

  test.for([9, 10, 11])("[P19] [TF03] type %i with an id is refused", (type) => {
    for (const id of [1, 256, 65_535]) {
      expect(failure(() => decode(record(type, id))).code).toBe("FCGI_ERR_BAD_RECORD");
    }
    expect(decode(record(type, 0))).toHaveLength(1);
  });

  test("[P55] [P56] [TF05] types that the specification does not have are records all the same", () => {
    for (const type of [0, 12, 13, 99, 255]) {
      expect(decode(record(type, 0, "x"), record(type, 9, "y"))).toEqual([
        { type, id: 0, content: latin1("x") },
        { type, id: 9, content: latin1("y") },
      ]);
    }
  });
});

describe("lengths and padding", () => {
  const types = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 12, 255];

  test.for(types)("[P11] [TF02] type %i with 65,535 bytes and 255 of padding takes exactly 65,798", (type) => {
    const id = type >= 9 && type <= 11 ? 0 : 513;
    const content = pattern(65_535, type);
    const bytes = record(type, id, content, 255, 0x01);
    for (const chunks of [[concat(bytes, end(3))], cut(concat(bytes, end(3)), [9, 40_000, 1, 8_192])]) {
      const [first, second, ...rest] = decode(...chunks);
      expect([first?.type, first?.id, second?.type, second?.id, rest]).toEqual([type, id, 3, 3, []]);
      expect(sameBytes(first!.content, content)).toBe(true);
    }
  });

  test("[P11] [V5] 65,535 bytes with each padding: the next record is found", () => {
    const content = pattern(65_535);
    const log = new RecordLog();
    const decoder = new RecordDecoder(log);
    for (let padding = 0; padding <= 255; padding++) {
      decoder.push(record(6, 1, content, padding, 0x01));
      expect(decoder.midRecord).toBe(false);
      decoder.push(end(2));
      const [found, next] = log.records.splice(0);
      expect([found?.content.length, next?.type, next?.id]).toEqual([65_535, 3, 2]);
    }
  });

  test.for(types)("[P12] [V11] padding of type %i is ignored whatever it holds, in empty records too", (type) => {
    const id = type >= 9 && type <= 11 ? 0 : 1;
    for (const content of ["", "12345678"]) {
      // The rubbish is itself a record, as far as it goes.
      const rubbish = concat(begin(7), end(7), record(6, 7, "poison", 2)).subarray(0, 48);
      for (const padding of [1, 7, 8, 48, 255]) {
        const bytes = record(type, id, content, padding, 0x01);
        bytes.set(rubbish.subarray(0, padding), 8 + content.length);
        expect(decode(concat(bytes, record(6, 2, "next")))).toEqual([
          { type, id, content: latin1(content) },
          { type: 6, id: 2, content: latin1("next") },
        ]);
      }
    }
  });

  test("a record ends with its content: padding that is still on the way delays nobody", () => {
    const log = new RecordLog();
    const decoder = new RecordDecoder(log);
    decoder.push(record(6, 1, "now", 5).subarray(0, 11));
    expect(log.records).toHaveLength(1);
    expect(decoder.midRecord).toBe(true);
  });
});

describe("where the transport cuts", () => {
  test.for(STREAMS)("[P16] [V18] [TF12] %s, byte by byte", ([, bytes]) => {
    expect(decode(...cut(bytes, [1]))).toEqual(decode(bytes));
  });

  test.for(STREAMS)("[P16] [V18] [TF12] %s, cut at each single place", ([, bytes]) => {
    const whole = decode(bytes);
    for (let at = 0; at <= bytes.length; at++) {
      expect(decode(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole);
    }
  });

  test("[P17] many records in a chunk, empty chunks, a range of a larger chunk", () => {
    const bytes = concat(record(6, 1, "a", 7), record(6, 1, "b"), record(7, 2));
    const expected = [
      { type: 6, id: 1, content: latin1("a") },
      { type: 6, id: 1, content: latin1("b") },
      { type: 7, id: 2, content: new Uint8Array(0) },
    ];
    expect(decode(bytes)).toEqual(expected);
    expect(decode(...cut(bytes, [0, 3, 0, 0, 5]))).toEqual(expected);

    const log = new RecordLog();
    const decoder = new RecordDecoder(log);
    const slab = concat(new Uint8Array(100).fill(0xdd), bytes, new Uint8Array(100).fill(0xdd));
    decoder.push(slab, 100, 117);
    decoder.push(slab, 117, 117);
    decoder.push(slab, 117, 100 + bytes.length);
    expect(log.records).toEqual(expected);
  });

  test.for(STREAMS)("[P18] [TF16] %s, ended at each place: an error wherever a record is unfinished", ([, bytes]) => {
    const borders = new Set([0]);
    for (let at = 0; at < bytes.length; borders.add(at)) {
      at += 8 + ((bytes[at + 4]! << 8) | bytes[at + 5]!) + bytes[at + 6]!;
    }
    for (let at = 0; at <= bytes.length; at++) {
      const decoder = new RecordDecoder(new RecordLog());
      decoder.push(bytes, 0, at);
      expect(decoder.midRecord).toBe(!borders.has(at));
      if (borders.has(at)) decoder.end();
      else expect(failure(() => decoder.end()).code).toBe("FCGI_ERR_TRUNCATED");
    }
  });
});

describe("cost and failure", () => {
  test("content is told as a range of the pushed chunk; a record costs no array and no view", () => {
    const bytes = concat(...Array.from({ length: 500 }, (_, index) => record(6, 1 + index, "12345", 3)));
    let content = 0;
    const decoder = new RecordDecoder({
      onRecord: () => {},
      onContent: (_type, _id, chunk, start, until) => {
        if (chunk === bytes) content += until - start;
      },
      onRecordEnd: () => {},
    });
    expect(countAllocations(() => decoder.push(bytes))).toEqual({ arrays: 0, bytes: 0, views: 0, moved: 0 });
    expect(content).toBe(2_500);
  });

  test("[P10] after a failure no byte is taken any more: framing is lost", () => {
    const log = new RecordLog();
    const decoder = new RecordDecoder(log);
    expect(failure(() => decoder.push(concat(record(6, 1), record(6, 0), record(6, 1)))).code).toBe(
      "FCGI_ERR_BAD_RECORD",
    );
    expect(failure(() => decoder.push(record(6, 1))).code).toBe("FCGI_ERR_CLOSED");
    expect(log.records).toHaveLength(1);
  });

  test("asked by its handler, midRecord tells whether more of the record has to come", () => {
    const seen: boolean[] = [];
    const decoder: RecordDecoder = new RecordDecoder({
      onRecord: () => seen.push(decoder.midRecord),
      onContent: () => seen.push(decoder.midRecord),
      onRecordEnd: () => seen.push(decoder.midRecord),
    });
    const bytes = record(6, 1, "12345", 3);
    decoder.push(bytes);
    expect(seen.splice(0)).toEqual([false, false, false]);
    decoder.push(bytes, 0, 10);
    expect(seen.splice(0)).toEqual([true, true]);
    decoder.push(bytes, 10, 13);
    expect(seen.splice(0)).toEqual([true, true]); // the padding
    decoder.push(bytes, 13);
    expect([seen, decoder.midRecord]).toEqual([[], false]);
  });

  test("what a handler throws comes out of push, and ends the decoder", () => {
    const decoder = new RecordDecoder({
      onRecord: () => {
        throw new RangeError("mine");
      },
      onContent: () => {},
      onRecordEnd: () => {},
    });
    expect(() => decoder.push(record(6, 1))).toThrow(RangeError);
    expect(failure(() => decoder.push(record(6, 1))).code).toBe("FCGI_ERR_CLOSED");
  });
});
