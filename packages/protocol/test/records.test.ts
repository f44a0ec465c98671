import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RecordDecoder } from "../src/decoder.ts";
import { FastCGIError } from "../src/errors.ts";
import type { FastCGIRecord, RecordInput } from "../src/record-types.ts";
import { encodeRecord, records } from "../src/records.ts";
import { RecordLog } from "./record-log.ts";
import { begin, concat, cut, end, hex, latin1, pattern, record, sameBytes, strictRecords } from "./vectors/wire.ts";

/** What comes out, and the code of the error that ends it. */
async function read(chunks: Iterable<Uint8Array>): Promise<{ found: FastCGIRecord[]; code: string | undefined }> {
  const found: FastCGIRecord[] = [];
  try {
    for await (const next of records(chunks)) found.push(next);
  } catch (error) {
    if (!(error instanceof FastCGIError)) throw error;
    return { found, code: error.code };
  }
  return { found, code: undefined };
}

describe("encodeRecord", () => {
  const table: readonly (readonly [RecordInput, string])[] = [
    [{ type: 1, requestId: 1 }, "01 01 0001 0008 00 00  0001 00 0000000000"],
    [{ type: 1, requestId: 300, role: 3, keepConn: true }, "01 01 012C 0008 00 00  0003 01 0000000000"],
    [{ type: 2, requestId: 1 }, "01 02 0001 0000 00 00"],
    [{ type: 3, requestId: 1 }, "01 03 0001 0008 00 00  00000000 00 000000"],
    [{ type: 3, requestId: 1, appStatus: 0xffffffff, protocolStatus: 3 }, "01 03 0001 0008 00 00  FFFFFFFF 03 000000"],
    [{ type: 5, requestId: 1, content: hex("AB") }, "01 05 0001 0001 07 00  AB 00000000000000"],
    [{ type: 6, requestId: 1 }, "01 06 0001 0000 00 00"],
    [{ type: 6, requestId: 1, content: hex("") }, "01 06 0001 0000 00 00"],
    [{ type: 9 }, "01 09 0000 0000 00 00"],
    [{ type: 11, unknownType: 99 }, "01 0B 0000 0008 00 00  63 00000000000000"],
  ];

  test.for(table)("[P9] [P28] [P29] %j", ([input, bytes]) => {
    expect(encodeRecord(input)).toEqual(hex(bytes));
  });

  test("[P94] content over one record becomes several, and the bytes are a copy", () => {
    const content = pattern(200_000);
    const bytes = encodeRecord({ type: 6, requestId: 1, content });
    content.fill(0);
    const found = strictRecords(bytes);
    expect(found.map(({ content }) => content.length)).toEqual([65_528, 65_528, 65_528, 3_416]);
    expect(sameBytes(concat(...found.map(({ content }) => content)), pattern(200_000))).toBe(true);
  });

  test("[V9] nothing of a pooled buffer comes along, not even behind the array", () => {
    const pool = new Uint8Array(8_192).fill(0xaa);
    for (const content of [pool.subarray(0, 0), pool.subarray(0, 10).map(() => 1)]) {
      const bytes = encodeRecord({ type: 6, requestId: 1, content });
      expect(bytes.buffer.byteLength).toBe(bytes.length);
      expect(bytes.includes(0xaa)).toBe(false);
    }
  });
});

describe("records", () => {
  test("[P28] [P29] fixed bodies come as fields, whatever their reserved bytes hold", async () => {
    const bytes = concat(
      hex("01 01 0005 0008 01 FF  0002 FF FFFFFFFFFF  99"),
      hex("01 03 0005 0008 00 00  FFFFFFFE 09 FFFFFF"),
      hex("01 0B 0000 0008 00 00  63 FFFFFFFFFFFFFF"),
      record(6, 5, "hello", 3),
      record(99, 0, "?"),
    );
    expect(await read([bytes])).toEqual({
      found: [
        { type: 1, requestId: 5, role: 2, keepConn: true },
        { type: 3, requestId: 5, appStatus: 0xfffffffe, protocolStatus: 9 },
        { type: 11, requestId: 0, unknownType: 99 },
        { type: 6, requestId: 5, content: latin1("hello") },
        { type: 99, requestId: 0, content: latin1("?") },
      ],
      code: undefined,
    });
  });

  test.for([1, 3, 11])(
    "[P27] [TF06] a fixed body of type %i: under 8 bytes is refused, over 8 is cut",
    async (type) => {
      const id = type === 11 ? 0 : 1;
      for (const length of [0, 1, 7]) {
        expect(await read([record(type, id, pattern(length))])).toEqual({ found: [], code: "FCGI_ERR_BAD_RECORD" });
      }
      for (const length of [8, 9, 65_535]) {
        expect((await read([record(type, id, pattern(length)), end(2)])).found).toHaveLength(2);
      }
    },
  );

  test("content is copied: the source may use its buffer again", async () => {
    const slab = new Uint8Array(24);
    function* source(): Generator<Uint8Array> {
      for (const letter of ["a", "b"]) {
        slab.set(record(6, 1, letter.repeat(16)));
        yield slab;
        slab.fill(0xdd);
      }
    }
    const { found } = await read(source());
    expect(found.map((next) => "content" in next && next.content)).toEqual([
      latin1("a".repeat(16)),
      latin1("b".repeat(16)),
    ]);
  });

  test("[P18] a source that ends inside a record is told after what was whole", async () => {
    const bytes = concat(record(6, 1, "a"), record(6, 1, "b", 7));
    for (const [end, whole] of [
      [12, 1], // in a header
      [17, 1], // before the content
      [18, 2], // in the padding
    ] as const) {
      for (const chunks of [[bytes.subarray(0, end)], cut(bytes.subarray(0, end), [1])]) {
        const { found, code } = await read(chunks);
        expect([found.length, code]).toEqual([whole, "FCGI_ERR_TRUNCATED"]);
      }
    }
  });

  test("what comes out before an error does not depend on the chunks", async () => {
    const bytes = concat(begin(1), record(6, 1, "a"), end(1), record(6, 0, "bad"));
    const expected = await read(cut(bytes, [1]));
    expect(expected.code).toBe("FCGI_ERR_BAD_RECORD");
    expect(expected.found).toHaveLength(3);
    expect(await read([bytes])).toEqual(expected);
  });

  test("an asynchronous source will do, and may be left in the middle", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(record(6, 1, "x"));
      } finally {
        closed = true;
      }
    }
    for await (const next of records(source())) {
      expect(next).toMatchObject({ type: 6, requestId: 1 });
      break;
    }
    expect(closed).toBe(true);
  });
});

describe("properties", () => {
  const size = fc.oneof(fc.nat(20), fc.constantFrom(4_095, 4_096, 65_527, 65_528));
  const application = fc
    .tuple(fc.constantFrom(2, 4, 5, 6, 7, 8), fc.integer({ min: 1, max: 65_535 }), size, fc.nat(255), fc.nat(255))
    .map(([type, id, length, padding, filler]) => record(type, id, pattern(length, id), padding, filler));
  const other = fc.oneof(
    fc.tuple(fc.nat(65_535), fc.nat(9)).map(([role, id]) => begin(id + 1, role, role & 0xff)),
    fc.tuple(fc.nat(0xffffffff), fc.nat(255)).map(([status, id]) => end(id + 1, status, id)),
    fc
      .tuple(fc.integer({ min: 9, max: 255 }), size, fc.nat(255))
      .map(([type, length, pad]) => record(type, 0, pattern(Math.max(8, length)), pad, 1)),
  );
  const stream = fc.array(fc.oneof(application, other), { maxLength: 8 });
  const chunking = fc.array(fc.oneof(fc.nat(3), fc.nat(20), fc.nat(70_000)), { minLength: 1, maxLength: 6 });

  function decode(chunks: readonly Uint8Array[]): { log: RecordLog; code: string | undefined } {
    const log = new RecordLog();
    const decoder = new RecordDecoder(log);
    try {
      for (const chunk of chunks) decoder.push(chunk);
      decoder.end();
    } catch (error) {
      if (!(error instanceof FastCGIError)) throw error;
      return { log, code: error.code };
    }
    return { log, code: undefined };
  }

  test("[P16] [P17] [P25] [TF12] any records under any chunking equal themselves", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(stream, chunking, (parts, sizes) => {
        const { log, code } = decode(cut(concat(...parts), sizes));
        expect(code).toBeUndefined();
        expect(log.records).toHaveLength(parts.length);
        for (const [index, part] of parts.entries()) {
          const { type, id, content } = log.records[index]!;
          expect([type, id]).toEqual([part[1], (part[2]! << 8) | part[3]!]);
          expect(sameBytes(content, part.subarray(8, 8 + content.length))).toBe(true);
          expect(content.length).toBe((part[4]! << 8) | part[5]!);
        }
      }),
      { numRuns: 120 },
    );
  });

  test("[TF01] what encodeRecord makes, records gives back", { timeout: 60_000 }, async () => {
    const id = fc.integer({ min: 1, max: 65_535 });
    const input: fc.Arbitrary<RecordInput> = fc.oneof(
      fc.record({
        type: fc.constant(1 as const),
        requestId: id,
        role: fc.constantFrom(1, 2, 3),
        keepConn: fc.boolean(),
      }),
      fc.record({
        type: fc.constant(3 as const),
        requestId: id,
        appStatus: fc.nat(0xffffffff),
        protocolStatus: fc.nat(255),
      }),
      fc.record({ type: fc.constant(11 as const), unknownType: fc.nat(255) }),
      fc.record({
        type: fc.constantFrom(2, 4, 5, 6, 7, 8),
        requestId: id,
        content: size.map((length) => pattern(length)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(input, { maxLength: 6 }), chunking, async (inputs, sizes) => {
        const bytes = concat(...inputs.map((next) => encodeRecord(next)));
        strictRecords(bytes);
        const { found, code } = await read(cut(bytes, sizes));
        expect(code).toBeUndefined();
        expect(found).toEqual(inputs.map((next) => (next.type === 11 ? { ...next, requestId: 0 } : next)));
      }),
      { numRuns: 100 },
    );
  });

  test(
    "[V14] any bytes: records, then at most one typed error, the same under every chunking",
    { timeout: 60_000 },
    () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        // Mostly valid, with some bytes changed.
        fc.tuple(stream, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([parts, changes]) => {
          const whole = concat(...parts);
          for (const [at, byte] of changes) if (whole.length > 0) whole[at % whole.length] = byte;
          return whole;
        }),
      );
      fc.assert(
        fc.property(bytes, chunking, (input, sizes) => {
          const whole = decode([input]);
          const parts = decode(cut(input, sizes));
          expect(parts.code).toBe(whole.code);
          expect(parts.log.records.length).toBe(whole.log.records.length);
          const joined = (log: RecordLog): Uint8Array => concat(...log.records.map(({ content }) => content));
          expect(sameBytes(joined(parts.log), joined(whole.log))).toBe(true);
          // No progress without bytes: a record needs its header.
          expect(whole.log.records.length * 8).toBeLessThanOrEqual(input.length);
          expect(parts.log.contentCalls).toBeLessThanOrEqual(input.length);
        }),
        { numRuns: 300 },
      );
    },
  );
});
