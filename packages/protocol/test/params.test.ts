import { describe, expect, test } from "vitest";

import { decodeNameValues } from "../src/name-values.ts";
import { Params, ParamsCollector } from "../src/params.ts";
import { countAllocations } from "./counting.ts";
import { failure } from "./failure.ts";
import { concat, cut, hex, latin1, pair, pattern } from "./vectors/wire.ts";

const PAIRS = concat(pair("SCRIPT_NAME", "/index.php"), pair("LONG", "x".repeat(300)), pair("E", "", true));

describe("Params", () => {
  test("reads like a map", () => {
    const params = decodeNameValues(concat(pair("A", "1"), pair("B", "2")));
    expect(params.size).toBe(2);
    expect(params.has("A")).toBe(true);
    expect(params.has("C")).toBe(false);
    expect([...params.keys()]).toEqual(["A", "B"]);
    expect([...params.values()]).toEqual(["1", "2"]);
    expect([...params.entries()]).toEqual([...params]);
    expect(new Map(params)).toEqual(
      new Map([
        ["A", "1"],
        ["B", "2"],
      ]),
    );
    const seen: string[] = [];
    params.forEach((value, name) => seen.push(`${name}=${value}`));
    expect(seen).toEqual(["A=1", "B=2"]);
    expect({ ...params.toObject() }).toEqual({ A: "1", B: "2" });
    expect(Object.getPrototypeOf(params.toObject())).toBeNull();
  });

  test("[V4] two requests share nothing", () => {
    const first = decodeNameValues(pair("A", "1"));
    const second = decodeNameValues(pair("B", "2"));
    expect([first.get("A"), second.get("A"), first.get("B")]).toEqual(["1", undefined, undefined]);
    first.toObject()["A"] = "changed";
    expect(first.get("A")).toBe("1");
  });

  test("[P35] getBytes gives the bytes received, and finds by the exact name", () => {
    const bytes = concat(pair("A", "\u00ff\u0000"), pair("AB", "x"));
    const value = decodeNameValues(bytes).getBytes("A");
    expect(value).toEqual(hex("FF00"));
    expect(value?.buffer).toBe(bytes.buffer);
    // U+0141 cut to a byte would be "A".
    for (const name of ["", "B", "a", "\u0141"]) expect(new Params(bytes).getBytes(name)).toBeUndefined();
    const names = decodeNameValues(
      concat(pair("REQUEST_URI", "/"), pair("REQUEST_URL", "x"), pair("REQUEST_URJ", "y")),
    );
    expect(names.getBytes("REQUEST_URL")).toEqual(latin1("x"));
    expect(names.getBytes("REQUESTxURL")).toBeUndefined();
  });
});

describe("collecting PARAMS", () => {
  function collect(chunks: Uint8Array[], maxBytes = 10_000, maxPairs = 100): Params {
    const collector = new ParamsCollector(maxBytes, maxPairs, 65_535);
    for (const chunk of chunks) collector.push(chunk, 0, chunk.length);
    return collector.finish();
  }

  test("[P37] a pair may straddle records anywhere, in its four-byte lengths too", () => {
    const expected = [...decodeNameValues(PAIRS)];
    expect([...collect(cut(PAIRS, [1]))]).toEqual(expected);
    for (let at = 0; at <= PAIRS.length; at++) {
      expect([...collect([PAIRS.subarray(0, at), PAIRS.subarray(at)])]).toEqual(expected);
    }
  });

  test("only the given range of a chunk is taken, and it is copied", () => {
    const slab = concat(hex("DDDD"), PAIRS, hex("DDDD"));
    const collector = new ParamsCollector(10_000, 100, 10_000);
    collector.push(slab, 2, 2 + PAIRS.length);
    slab.fill(0xdd);
    expect(collector.finish().get("SCRIPT_NAME")).toBe("/index.php");
  });

  test("[P39] a list that ends inside a pair is refused", () => {
    for (let end = 1; end < pair("SCRIPT_NAME", "/").length; end++) {
      expect(failure(() => collect([PAIRS.subarray(0, end)])).code).toBe("FCGI_ERR_BAD_NAME_VALUES");
    }
  });

  test("[P42] [TF28] the limit of bytes is exact, however they come", () => {
    for (const sizes of [[PAIRS.length], [1], [7, 100]]) {
      expect(collect(cut(PAIRS, sizes), PAIRS.length).size).toBe(3);
      expect(failure(() => collect(cut(PAIRS, sizes), PAIRS.length - 1)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    }
  });

  test("[P42] the limit of pairs is exact, repeated names count", () => {
    const pairs = concat(...Array.from({ length: 10 }, () => pair("A", "")));
    expect(collect([pairs], 10_000, 10).size).toBe(1);
    expect(failure(() => collect([pairs], 10_000, 9)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    const empty = new Uint8Array(2_000); // a thousand nameless pairs
    expect(failure(() => collect([empty], 10_000, 999)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
  });

  test("[V12] memory stays in proportion to what came, and under the limit", () => {
    const chunk = pattern(1_000);
    const allocated = countAllocations(() => {
      const collector = new ParamsCollector(100_000, 10, 100_000);
      for (let count = 0; count < 100; count++) collector.push(chunk, 0, chunk.length);
      expect(failure(() => collector.push(chunk, 0, 1)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    });
    expect(allocated.arrays).toBeLessThan(10);
    expect(allocated.bytes).toBeLessThan(300_000);
    const usual = countAllocations(() => {
      for (let count = 0; count < 100; count++) collect([PAIRS]);
    });
    expect(usual.arrays).toBeLessThan(5); // blocks of 16 KiB, shared
    expect(countAllocations(() => new ParamsCollector(1e9, 10, 1e9)).bytes).toBe(0);
  });
});
