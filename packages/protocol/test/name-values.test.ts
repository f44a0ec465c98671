import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decodeNameValues, encodeNameValues } from "../src/name-values.ts";
import type { ParamValue } from "../src/param-list.ts";
import { countAllocations } from "./counting.ts";
import { failure } from "./failure.ts";
import { INCOMPLETE, LENGTHS } from "./vectors/name-values.ts";
import { concat, hex, pair, sameBytes, strictPairs, textOf } from "./vectors/wire.ts";

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Every byte once. */
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

describe("lengths", () => {
  test.for(LENGTHS.filter(([length]) => length < 2 ** 24))("[P30] [P31] a name of %i bytes", ([length, bytes]) => {
    const name = "n".repeat(length);
    const encoded = encodeNameValues({ [name]: "v" });
    expect(hexOf(encoded.subarray(0, bytes.length / 2 + 1))).toBe(`${bytes}01`);
    expect(encoded).toHaveLength(bytes.length / 2 + 1 + length + 1);
    expect(decodeNameValues(encoded).get(name)).toBe("v");
  });

  test.for(LENGTHS)("[P30] [P31] a value of %i bytes", ([length, bytes]) => {
    const value = new Uint8Array(length).fill(0x76);
    const encoded = encodeNameValues({ n: value });
    expect(hexOf(encoded.subarray(0, bytes.length / 2 + 2))).toBe(`01${bytes}6e`);
    expect(encoded).toHaveLength(1 + bytes.length / 2 + 1 + length);
    expect(sameBytes(decodeNameValues(encoded).getBytes("n")!, value)).toBe(true);
  });

  test("[P32] the four shapes, name length first, then value length, name, value", () => {
    const long = (letter: string): string => letter.repeat(200);
    const shapes: [string, string][] = [
      ["n", "v"],
      ["m", long("v")],
      [long("n"), "v"],
      [long("m"), long("w")],
    ];
    for (const [name, value] of shapes) {
      expect(sameBytes(encodeNameValues([[name, value]]), pair(name, value))).toBe(true);
    }
    const bytes = concat(...shapes.map(([name, value]) => pair(name, value)));
    expect([...decodeNameValues(bytes)]).toEqual(shapes);
  });

  test("[P30] four bytes for a small length are legal on receipt", () => {
    expect([...decodeNameValues(hex("80000001 80000002 61 6263"))]).toEqual([["a", "bc"]]);
    expect([...decodeNameValues(hex("80000000 80000000"))]).toEqual([["", ""]]);
    expect([...decodeNameValues(hex("01 80000001 61 62   80000001 00 63"))]).toEqual([
      ["a", "b"],
      ["c", ""],
    ]);
  });
});

describe("what is refused", () => {
  test.for(INCOMPLETE)("[P33] [P39] [V1] [V13] [TF13] %s", ([, bytes]) => {
    let code: string | undefined;
    const allocated = countAllocations(() => {
      code = failure(() => decodeNameValues(bytes)).code;
    });
    expect(code).toBe("FCGI_ERR_BAD_NAME_VALUES");
    expect(allocated.bytes).toBe(0); // nothing is made for a length that was only claimed
  });

  test.for(INCOMPLETE)("[P39] [V7] %s, behind a complete pair", ([, bytes]) => {
    expect(failure(() => decodeNameValues(concat(pair("A", "b"), bytes))).code).toBe("FCGI_ERR_BAD_NAME_VALUES");
  });

  test("[P39] [V7] every truncation of a list, except between two pairs", () => {
    const pairs = [
      pair("FCGI_MAX_CONNS", "1"),
      pair("N".repeat(130), "v", true),
      pair("", ""),
      pair("X", "y".repeat(200)),
    ];
    const bytes = concat(...pairs);
    const borders = new Set(pairs.map((_, index) => concat(...pairs.slice(0, index)).length));
    for (let end = 0; end < bytes.length; end++) {
      const part = bytes.subarray(0, end);
      if (borders.has(end)) expect(() => decodeNameValues(part)).not.toThrow();
      else expect(failure(() => decodeNameValues(part)).code).toBe("FCGI_ERR_BAD_NAME_VALUES");
    }
  });

  test.for(["a\u0000b", "\u0000", `${"x".repeat(40)}\u0000`, "\u0100", "\u20ac", `${"x".repeat(40)}\u{1f600}`])(
    "[P35] [P36] the text %j cannot be sent, as a value or as a name",
    (text) => {
      expect(failure(() => encodeNameValues({ A: text })).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
      expect(failure(() => encodeNameValues([[text, ""]])).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    },
  );

  test.for([80, true, null, undefined, {}, [], ["text"], [1]])(
    "a value that is neither text nor bytes is refused: %j",
    (value: unknown) => {
      expect(failure(() => encodeNameValues([["A", value as string]])).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    },
  );
});

describe("what goes through", () => {
  test("[P34] empty values and an empty name", () => {
    expect(
      encodeNameValues([
        ["A", ""],
        ["", "y"],
        ["", ""],
      ]),
    ).toEqual(hex("0100 41  0001 79  0000"));
    expect([...decodeNameValues(hex("0100 41  0001 79  0200 6162"))]).toEqual([
      ["A", ""],
      ["", "y"],
      ["ab", ""],
    ]);
    expect(decodeNameValues(new Uint8Array(0)).size).toBe(0);
    expect(encodeNameValues({})).toHaveLength(0);
  });

  test("[P35] lengths count bytes; latin1 is exact, all 256 of it", () => {
    const text = textOf(ALL_BYTES.subarray(1));
    expect(encodeNameValues({ A: "\u00e9\u00ff\u0080" })).toEqual(hex("0103 41 E9FF80"));
    const params = decodeNameValues(encodeNameValues({ A: text, B: ALL_BYTES, [text]: "" }));
    expect(params.get("A")).toBe(text);
    expect(params.get("B")).toBe(`\u0000${text}`);
    expect(params.getBytes("B")).toEqual(ALL_BYTES);
    expect(params.has(text)).toBe(true);
  });

  test("[P36] a NUL is tolerated on receipt, and in bytes that are sent", () => {
    expect(decodeNameValues(hex("0201 4100 00")).get("A\u0000")).toBe("\u0000");
    expect(encodeNameValues({ A: hex("00FF00") })).toEqual(hex("0103 41 00FF00"));
  });

  test("[P40] order is kept, and the last of equal names wins", () => {
    const params = decodeNameValues(concat(pair("A", "1"), pair("B", "2"), pair("A", "3")));
    expect([...params]).toEqual([
      ["A", "3"],
      ["B", "2"],
    ]);
    expect(textOf(params.getBytes("A")!)).toBe("3");
    expect(
      strictPairs(
        encodeNameValues([
          ["A", "1"],
          ["B", "2"],
          ["A", "3"],
        ]),
      ),
    ).toHaveLength(3);
  });

  test.for(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "get"])(
    "[P41] the name %s is only a name",
    (name) => {
      expect(decodeNameValues(new Uint8Array(0)).get(name)).toBeUndefined();
      expect(decodeNameValues(new Uint8Array(0)).toObject()[name]).toBeUndefined();
      const params = decodeNameValues(encodeNameValues([[name, "mine"]]));
      expect(params.get(name)).toBe("mine");
      expect(Object.entries(params.toObject())).toEqual([[name, "mine"]]);
      const own = Object.defineProperty({}, name, { value: "own", enumerable: true }) as Record<string, string>;
      expect(decodeNameValues(encodeNameValues(own)).get(name)).toBe("own");
    },
  );

  test("[P30] [P35] any pairs, encoded and decoded, equal themselves", { timeout: 60_000 }, () => {
    const size = fc.oneof(fc.nat(10), fc.constantFrom(126, 127, 128, 129, 255, 256), fc.nat(3_000));
    const name = size.map((length) =>
      textOf(ALL_BYTES.subarray(1))
        .repeat(13)
        .slice(length % 251, (length % 251) + length),
    );
    const value: fc.Arbitrary<ParamValue> = fc.oneof(name, fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
        const expected = pairs.map(([name, value]) => [name, typeof value === "string" ? value : textOf(value)]);
        const bytes = encodeNameValues(pairs);
        expect(strictPairs(bytes)).toEqual(expected);
        expect([...decodeNameValues(bytes)]).toEqual([...new Map(expected as [string, string][])]);
      }),
      { numRuns: 300 },
    );
  });

  test("[V14] [P39] any bytes are pairs or a typed error, and re-encode to the same pairs", { timeout: 60_000 }, () => {
    const lengthByte = fc.oneof(fc.nat(4), fc.nat(255));
    fc.assert(
      fc.property(fc.array(lengthByte, { maxLength: 60 }), (list) => {
        const bytes = Uint8Array.from(list);
        let expected: [string, string][] | undefined;
        try {
          expected = strictPairs(bytes);
        } catch {
          expect(failure(() => decodeNameValues(bytes)).code).toBe("FCGI_ERR_BAD_NAME_VALUES");
          return;
        }
        expect([...decodeNameValues(bytes)]).toEqual([...new Map(expected)]);
      }),
      { numRuns: 1_000 },
    );
  });
});
