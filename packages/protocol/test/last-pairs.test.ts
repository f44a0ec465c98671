import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { lastPairs } from "../src/last-pairs.ts";
import { decodeNameValues, encodeNameValues } from "../src/name-values.ts";
import { ParamList } from "../src/param-list.ts";
import type { ParamValue } from "../src/param-list.ts";
import { failure } from "./failure.ts";
import { concat, latin1 } from "./vectors/wire.ts";

type Pair = readonly [string, ParamValue];

/** What the specification says of a pair, letter by letter (FastCGI 1.0 §3.4). */
function wire(pairs: readonly Pair[]): Uint8Array {
  const bytes = (value: ParamValue): Uint8Array => (typeof value === "string" ? latin1(value) : value);
  const length = (count: number): Uint8Array =>
    count <= 0x7f ? Uint8Array.of(count) : Uint8Array.of(0x80, 0, count >> 8, count & 0xff);
  const parts = pairs.flatMap(([name, value]) => [
    length(name.length),
    length(value.length),
    latin1(name),
    bytes(value),
  ]);
  return concat(...parts);
}

describe("pairs that were sent before", () => {
  const value = fc.oneof(
    fc.constantFrom("", "GET", "v".repeat(127), "v".repeat(128), "v".repeat(2_000)),
    fc.uint8Array({ maxLength: 9 }),
  );
  const pairs = fc.array(fc.tuple(fc.constantFrom("METHOD", "URI", "HTTP_HOST", "N".repeat(200)), value), {
    maxLength: 8,
  });

  test("[P31] [P32] whatever was sent before, each list is exactly its own bytes", () => {
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 2, maxLength: 6 }), (lists) => {
        for (const list of lists) expect(encodeNameValues(list)).toEqual(wire(list));
      }),
    );
  });

  test("bytes that have changed meanwhile are read again", () => {
    const bytes = latin1("before");
    expect(encodeNameValues([["BODY", bytes]])).toEqual(wire([["BODY", latin1("before")]]));
    bytes.set(latin1("after!"));
    expect(encodeNameValues([["BODY", bytes]])).toEqual(wire([["BODY", latin1("after!")]]));
  });

  test("what was handed out may be overwritten: what is kept is a copy", () => {
    const list = new ParamList().add("METHOD", "GET").add("URI", "/a/path/that/is/longer/than/forty/bytes");
    const target = new Uint8Array(list.byteLength);
    lastPairs.write(target, 0, list);
    const written = target.slice();
    target.fill(0xdd);
    lastPairs.write(target, 0, list);
    expect(target).toEqual(written);
  });

  test("[P36] a list that is refused half-way leaves nothing behind", () => {
    const good: Pair[] = [
      ["METHOD", "GET"],
      ["URI", "/"],
    ];
    encodeNameValues(good);
    const bad: Pair[] = [
      ["METHOD", "POST"],
      ["URI", "\u2603"],
    ];
    expect(failure(() => encodeNameValues(bad)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    expect(encodeNameValues(good)).toEqual(wire(good));
    expect(failure(() => encodeNameValues(bad)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  });

  test("neither text nor bytes is refused in the place of bytes that were sent", () => {
    encodeNameValues([["BODY", latin1("bytes")]]);
    const list = new ParamList(undefined, ["BODY"], [undefined as unknown as string]);
    expect(failure(() => list.writeTo(new Uint8Array(100), 0)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  });

  test.for([1, 40, 1_999, 2_000, 2_001, 3_990, 5_000])(
    "a value of %i bytes in the place of another moves those behind it",
    (size) => {
      const list = (uri: string): Pair[] => [
        ["METHOD", "GET"],
        ["URI", uri],
        ["QUERY", "q".repeat(2_000)],
        ["PORT", "40000"],
      ];
      for (const uri of ["u", "v".repeat(size), "w", "x".repeat(size), "y".repeat(size)]) {
        expect(encodeNameValues(list(uri))).toEqual(wire(list(uri)));
      }
    },
  );

  test("more pairs than are kept", () => {
    const many = Array.from({ length: 500 }, (_, index): Pair => [`HTTP_X_${index}`, "v".repeat(index % 200)]);
    for (let count = 0; count < 3; count++) {
      const list = count === 1 ? many.with(3, ["HTTP_OTHER", "w"]) : many;
      expect([...decodeNameValues(encodeNameValues(list))]).toEqual(list);
    }
  });
});
