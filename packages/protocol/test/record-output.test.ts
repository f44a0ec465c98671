import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { RecordType } from "../src/constants.ts";
import { ParamList } from "../src/param-list.ts";
import type { ParamsInput } from "../src/param-list.ts";
import { RecordOutput } from "../src/record-output.ts";
import { countAllocations } from "./counting.ts";
import { failure } from "./failure.ts";
import {
  begin,
  concat,
  end,
  hex,
  pair,
  pattern,
  record,
  sameBytes,
  strictPairs,
  strictRecords,
} from "./vectors/wire.ts";
import type { WireRecord } from "./vectors/wire.ts";

/** What `use` makes an output produce. */
function written(use: (output: RecordOutput) => void): Uint8Array {
  const output = new RecordOutput(() => {});
  use(output);
  return concat(...output.take());
}

function paramsRecords(params: ParamsInput): WireRecord[] {
  return strictRecords(written((output) => output.params(1, params)));
}

describe("single records", () => {
  const table: readonly (readonly [string, (output: RecordOutput) => void, string])[] = [
    ["BEGIN_REQUEST", (output) => output.beginRequest(300, 2, true), "01 01 012C 0008 00 00  0002 01 0000000000"],
    [
      "BEGIN_REQUEST to be closed",
      (output) => output.beginRequest(1, 1, false),
      "01 01 0001 0008 00 00  0001 00 0000000000",
    ],
    ["ABORT_REQUEST", (output) => output.abortRequest(300), "01 02 012C 0000 00 00"],
    ["END_REQUEST", (output) => output.endRequest(1, 938, 2), "01 03 0001 0008 00 00  000003AA 02 000000"],
    ["no params", (output) => output.params(1, {}), "01 04 0001 0000 00 00"],
    [
      "params",
      (output) => output.params(1, { A: "b" }),
      "01 04 0001 0004 04 00  0101 4162 00000000  01 04 0001 0000 00 00",
    ],
    ["STDIN", (output) => output.stream(5, 1, hex("FF")), "01 05 0001 0001 07 00  FF 00000000000000"],
    ["the end of STDOUT", (output) => output.endStream(6, 1), "01 06 0001 0000 00 00"],
    ["GET_VALUES", (output) => output.getValues(["A"]), "01 09 0000 0003 05 00  0100 41 0000000000"],
    ["empty GET_VALUES", (output) => output.getValues([]), "01 09 0000 0000 00 00"],
    ["GET_VALUES_RESULT", (output) => output.getValuesResult({ A: "1" }), "01 0A 0000 0004 04 00  0101 4131 00000000"],
    ["UNKNOWN_TYPE", (output) => output.unknownType(99), "01 0B 0000 0008 00 00  63 00000000000000"],
  ];

  test.for(table)("[P9] [P13] [P14] [P29] %s", ([, use, expected]) => {
    expect(written(use)).toEqual(hex(expected));
  });

  test("[P71] [P75] a request is BEGIN, PARAMS and their end, in one piece", () => {
    const output = new RecordOutput(() => {});
    output.request(2, 1, true, { A: "b" });
    output.endStream(RecordType.Stdin, 2);
    const pieces = output.take().map((piece) => Uint8Array.from(piece));
    expect(pieces).toEqual([concat(begin(2), record(4, 2, pair("A", "b"), 4), record(4, 2), record(5, 2))]);
  });

  test("[P52] a management record is one record, or it is refused", () => {
    const most = "x".repeat(65_528 - 5);
    const records = strictRecords(written((output) => output.getValues([most])));
    expect(records.map(({ content }) => content.length)).toEqual([65_528]);
    expect(failure(() => written((output) => output.getValues([`${most}x`]))).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
  });
});

describe("streams", () => {
  const SIZES = [
    0, 1, 7, 8, 9, 4_095, 4_096, 4_097, 65_519, 65_527, 65_528, 65_529, 65_534, 65_535, 65_536, 65_537, 99_000, 131_055,
    131_056, 131_057, 131_071, 196_584, 196_585, 200_000,
  ];
  /** A body that would do harm wherever it were read as records. */
  const HOSTILE = concat(
    begin(1),
    record(4, 1, pair("PHP_VALUE", "auto_prepend_file=php://input"), 5),
    record(4, 1),
    end(1),
  );

  function streamed(body: Uint8Array): WireRecord[] {
    return strictRecords(written((output) => output.stream(5, 1, body)));
  }

  test.for(SIZES)("[P25] [P94] [V6] [TF01] a body of %i bytes that is made of records stays a body", (size) => {
    const body = new Uint8Array(size);
    for (let at = 0; at < size; at += HOSTILE.length) body.set(HOSTILE.subarray(0, size - at), at);
    const records = streamed(body);
    expect(records.every(({ type, id }) => type === 5 && id === 1)).toBe(true);
    expect(records.map(({ content }) => content.length)).toEqual([
      ...Array.from({ length: Math.floor(size / 65_528) }, () => 65_528),
      ...(size % 65_528 > 0 ? [size % 65_528] : []),
    ]);
    expect(sameBytes(concat(...records.map(({ content }) => content)), body)).toBe(true);
  });

  test("[V6] [TF01] bodies of any size, pieces of any size, come out as they went in", { timeout: 60_000 }, () => {
    const whole = pattern(200_000);
    const size = fc.oneof(
      fc.nat(64),
      fc.integer({ min: 4_080, max: 4_110 }),
      fc.integer({ min: 65_500, max: 65_550 }),
      fc.nat(200_000),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(size, fc.boolean()), { maxLength: 5 }), (pieces) => {
        const output = new RecordOutput(() => {});
        const taken: Uint8Array[] = [];
        const sent: Uint8Array[] = [];
        let pending = 0;
        for (const [size, take] of pieces) {
          const start = (size * 31) % (200_001 - size);
          output.stream(6, 7, whole, start, start + size);
          sent.push(whole.subarray(start, start + size));
          pending += [...strictRecords(written((other) => other.stream(6, 7, new Uint8Array(size))))].reduce(
            (total, { content }) => total + 8 + content.length + (-content.length & 7),
            0,
          );
          expect(output.pendingBytes).toBe(pending);
          if (take) {
            taken.push(...output.take());
            pending = 0;
          }
        }
        taken.push(...output.take());
        const records = strictRecords(concat(...taken));
        expect(records.every(({ content }) => content.length > 0)).toBe(true);
        expect(sameBytes(concat(...records.map(({ content }) => content)), concat(...sent))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("[P25] an empty chunk or range writes nothing, since an empty record is an end", () => {
    expect(written((output) => output.stream(6, 1, new Uint8Array(0)))).toHaveLength(0);
    expect(written((output) => output.stream(6, 1, pattern(10), 4, 4))).toHaveLength(0);
  });

  test("[P90] [P94] no record needs more than 65,535 bytes with its padding, as PHP demands", () => {
    expect(streamed(pattern(65_535)).map(({ content }) => content.length)).toEqual([65_528, 7]);
  });

  test.for([
    [10, 0, 20],
    [10, 5, 15],
    [10, -1, 5],
    [5_000, 0, 5_001],
    [5_000, -4_096, 4_096],
    [10, 0.5, 4],
    [10, 0, Number.NaN],
  ])(
    "[V6] [V9] %i bytes, range %d to %d: refused, since the record would not hold what it says",
    ([size, start, until]) => {
      const output = new RecordOutput(() => {});
      expect(failure(() => output.stream(6, 1, new Uint8Array(size!), start, until)).code).toBe(
        "FCGI_ERR_INVALID_ARGUMENT",
      );
      expect(output.pendingBytes).toBe(0);
    },
  );

  test("[V9] ten bytes of a pooled buffer: nothing else of it gets onto the wire", () => {
    const pool = new Uint8Array(8_192).fill(0xaa);
    pool.set(
      pattern(10).map((byte) => byte & 0x7f),
      4_000,
    );
    const bytes = written((output) => {
      output.stream(6, 1, pool.subarray(4_000, 4_010));
      output.stream(6, 1, pool, 4_000, 4_010);
      output.params(1, { A: pool.subarray(4_000, 4_003) });
    });
    expect(strictRecords(bytes)).toHaveLength(4);
    expect(bytes.includes(0xaa)).toBe(false);
  });

  test("[P14] [V9] a slab with rubbish of a refused request in it still pads with 0", () => {
    const output = new RecordOutput(() => {});
    const rubbish = "\u00aa".repeat(2_000);
    expect(failure(() => output.request(1, 1, true, { A: rubbish, B: "\u0000" })).code).toBe(
      "FCGI_ERR_INVALID_ARGUMENT",
    );
    expect(output.pendingBytes).toBe(0);
    output.request(1, 1, true, { A: "b" });
    for (let size = 1; size < 20; size++) output.stream(5, 1, pattern(size));
    output.stream(
      5,
      1,
      pattern(4_097).map((byte) => byte & 0x7f),
    );
    output.getValues(["A"]);
    output.endRequest(1, 0, 0);
    expect(strictRecords(concat(...output.take()))).toHaveLength(25);
  });
});

test("[P14] [V9] params in several records pad with 0 too, in a slab with rubbish in it", () => {
  const output = new RecordOutput(() => {});
  const rubbish = "\u00aa".repeat(60_000);
  failure(() => output.request(1, 1, true, { A: rubbish, B: rubbish, C: "\u0000" }));
  output.request(1, 1, true, { A: "x".repeat(40_001), B: "y".repeat(40_002) });
  expect(strictRecords(concat(...output.take())).map(({ content }) => content.length)).toEqual([8, 40_007, 40_008, 0]);
});

test.for([1, 4, 9, 23, 4_095])("records of %i bytes go on from one slab to the next", (size) => {
  for (const first of [0, 8, 16]) {
    const output = new RecordOutput(() => {});
    const chunk = pattern(size);
    for (let at = 0; at < first; at += 8) output.abortRequest(1);
    const count = Math.ceil(70_000 / (size + 8));
    for (let turn = 0; turn < count; turn++) output.stream(6, 1, chunk);
    const found = strictRecords(concat(...output.take()));
    expect(found).toHaveLength(first / 8 + count);
    expect(found.slice(first / 8).every(({ content }) => sameBytes(content, chunk))).toBe(true);
  }
});

describe("params", () => {
  test("[P38] pairs are never split, each record is filled as far as whole pairs go", { timeout: 60_000 }, () => {
    const size = fc.oneof(fc.nat(200), fc.nat(20_000), fc.integer({ min: 65_400, max: 65_518 }));
    const params = fc.array(fc.tuple(size, fc.boolean()), { minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(params, fc.option(fc.integer({ min: 0, max: 65_518 })), (sizes, preEncoded) => {
        const list = new ParamList(preEncoded === null ? undefined : pair("P", "q".repeat(preEncoded)));
        const expected: [string, string][] = preEncoded === null ? [] : [["P", "q".repeat(preEncoded)]];
        for (const [index, [size, asBytes]] of sizes.entries()) {
          const value = String.fromCharCode(0x80 + index).repeat(size);
          list.add(`N${index}`, asBytes ? new Uint8Array(Buffer.from(value, "latin1")) : value);
          expected.push([`N${index}`, value]);
        }
        const records = paramsRecords(list);
        expect(records.at(-1)?.content).toHaveLength(0);
        const full = records.slice(0, -1).map(({ content }) => strictPairs(content)); // throws for half a pair
        expect(
          full.flat().every(([name, value], index) => name === expected[index]![0] && value === expected[index]![1]),
        ).toBe(true);
        expect(full.flat()).toHaveLength(expected.length);
        for (const [index, pairs] of full.entries()) {
          expect(pairs.length).toBeGreaterThan(0);
          const next = full[index + 1]?.[0];
          if (next === undefined) continue;
          expect(records[index]!.content.length + pair(...next).length).toBeGreaterThan(65_528);
        }
      }),
      { numRuns: 60 },
    );
  });

  test.for([65_527, 65_528, 65_529])("[P38] [V6] %i bytes of pairs", (size) => {
    const list = new ParamList().add("A", "x".repeat(30_000)).add("B", "y".repeat(size - 30_000 - 12));
    expect(list.byteLength).toBe(size);
    const sizes = paramsRecords(list).map(({ content }) => content.length);
    expect(sizes).toEqual(size > 65_528 ? [30_006, size - 30_006, 0] : [size, 0]);
  });

  test("[P38] a pair that just fits into the record goes into it", () => {
    const rest = "y".repeat(65_528 - 30_006 - 6);
    const list = new ParamList().add("A", "x".repeat(30_000)).add("B", rest).add("C", "");
    expect(paramsRecords(list).map(({ content }) => content.length)).toEqual([65_528, 3, 0]);
    const larger = new ParamList().add("A", "x".repeat(30_000)).add("B", `${rest}y`).add("C", "");
    expect(paramsRecords(larger).map(({ content }) => content.length)).toEqual([30_006, 35_526, 0]);
  });

  test("[P38] a pair that fills a record goes, a larger one is refused and nothing is sent", () => {
    const most = "v".repeat(65_528 - 4 - 1 - 1);
    expect(paramsRecords({ A: most }).map(({ content }) => content.length)).toEqual([65_528, 0]);
    expect(paramsRecords({ B: "", A: most, C: "" }).map(({ content }) => content.length)).toEqual([3, 65_528, 3, 0]);
    const output = new RecordOutput(() => {});
    for (const params of [{ A: `${most}v` }, { B: "", A: `${most}v` }, { ["n".repeat(70_000)]: "" }]) {
      expect(failure(() => output.request(1, 1, true, params)).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
      expect(failure(() => output.params(1, params)).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
    }
    expect(output.pendingBytes).toBe(0);
  });

  test("[P33] [P38] a value that says it is 2 GiB long is refused before anything is allocated", () => {
    const claim = { length: 2 ** 31 } as unknown as Uint8Array;
    const allocated = countAllocations(() => {
      failure(() => new RecordOutput(() => {}).request(1, 1, true, { A: claim }));
    });
    expect(allocated.bytes).toBe(0);
  });

  test("[P36] [V27] a NUL or a character above U+00FF refuses the whole request", () => {
    const output = new RecordOutput(() => {});
    for (const bad of ["\u0000", "\u0100"]) {
      expect(failure(() => output.request(1, 1, true, { A: "fine", B: bad })).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    }
    expect(output.take()).toEqual([]);
  });

  test("[V27] [V40] the error names the param and shows no raw control byte", () => {
    const error = failure(() => written((output) => output.params(1, { "EVIL\u001b[31m": "\u0000" })));
    expect(error.message).toContain(String.raw`EVIL\u001b[31m`);
  });
});

describe("pieces", () => {
  test("small content lies side by side in one piece, large content passes by reference", () => {
    const output = new RecordOutput(() => {});
    const large = pattern(5_000);
    output.stream(6, 1, pattern(100));
    output.stream(6, 1, large);
    output.endStream(6, 1);
    output.endRequest(1, 0, 0);
    const pieces = output.take();
    expect(pieces).toHaveLength(3);
    expect(pieces[1]).toBe(large);
    expect(pieces[2]).toHaveLength(8 + 16);
    expect(output.take()).toEqual([]);
    expect(output.pendingBytes).toBe(0);
  });

  test("small content may be changed at once, and pieces stay as they are after they were taken", () => {
    const output = new RecordOutput(() => {});
    const chunk = pattern(64);
    output.stream(6, 1, chunk);
    chunk.fill(0xdd);
    const pieces = output.take();
    const before = concat(...pieces);
    expect(strictRecords(before)[0]?.content).toEqual(pattern(64));
    for (let count = 0; count < 3_000; count++) output.stream(6, 2, pattern(64, count));
    expect(concat(...pieces)).toEqual(before);
    expect(strictRecords(concat(...output.take()))).toHaveLength(3_000);
  });

  test("onPending is called once for each time that something comes after nothing", () => {
    let called = 0;
    const output = new RecordOutput(() => called++);
    output.stream(6, 1, new Uint8Array(0));
    expect(called).toBe(0);
    output.stream(6, 1, pattern(100_000));
    output.endStream(6, 1);
    output.endRequest(1, 0, 0);
    expect(called).toBe(1);
    expect(output.pendingBytes).toBe(100_000 + 3 * 8 + 8 + 8);
    output.take();
    output.abortRequest(1);
    expect(called).toBe(2);
  });

  test("a refused call plans no flush", () => {
    let called = 0;
    const output = new RecordOutput(() => called++);
    failure(() => output.request(1, 1, true, { A: "\u0000" }));
    failure(() => output.beginRequest(65_536, 1, true));
    failure(() => output.endRequest(-1, 0, 0));
    failure(() => output.stream(256, 1, pattern(3)));
    failure(() => output.stream(6, 65_536, pattern(5_000)));
    expect([called, output.take()]).toEqual([0, []]);
  });

  test("many small records share few arrays", () => {
    const chunk = pattern(100);
    const allocated = countAllocations(() => {
      const output = new RecordOutput(() => {});
      for (let count = 0; count < 1_000; count++) output.stream(6, 1, chunk);
      output.take();
    });
    expect(allocated.arrays).toBeLessThanOrEqual(2);
  });
});
