import { describe, expect, test } from "vitest";

import { decodeNameValues, encodeNameValues } from "../src/name-values.ts";
import { countAllocations } from "./counting.ts";
import { failure } from "./failure.ts";
import { concat, hex, latin1 } from "./vectors/wire.ts";

/** The same pair twice: the second time its name has been seen. */
function twice(name: string, value: string): Uint8Array {
  const first = encodeNameValues([[name, value]]);
  expect(encodeNameValues([[name, value]])).toEqual(first);
  return first;
}

describe("names that were sent before", () => {
  test("[P31] [P32] a kept name goes with values of every length", () => {
    twice("SEEN", "x");
    expect(twice("SEEN", "")).toEqual(hex("04 00 5345454E"));
    expect(twice("SEEN", "v".repeat(127))).toEqual(concat(hex("04 7F 5345454E"), latin1("v".repeat(127))));
    expect(twice("SEEN", "v".repeat(128))).toEqual(concat(hex("04 80000080 5345454E"), latin1("v".repeat(128))));
  });

  test("[P35] names of every length and all characters are exactly their bytes", () => {
    for (let length = 0; length < 200; length++) {
      for (const letter of ["N", "\u00ff"]) {
        const name = letter.repeat(length);
        expect([...decodeNameValues(twice(name, "v"))]).toEqual([[name, "v"]]);
      }
    }
  });

  test("ten thousand names, and those from before once more", () => {
    for (const round of [1, 2]) {
      for (let index = 0; index < 10_000; index++) {
        const name = `HTTP_X_${index * 7_919}`;
        expect(decodeNameValues(encodeNameValues([[name, String(round)]])).get(name)).toBe(String(round));
      }
    }
  });

  test.for(["N\0ME", "N\u0100ME", `${"N".repeat(60)}\u2603`, `${"N".repeat(30)}\0`])(
    "[P36] %j is refused each time, and never kept",
    (name) => {
      for (let count = 0; count < 3; count++) {
        expect(failure(() => encodeNameValues([[name, "v"]])).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
      }
    },
  );

  test("a kept name costs no array, until so many others came that the table was begun anew", () => {
    const arrays = (): number => countAllocations(() => encodeNameValues([["KEPT_NAME", "v"]])).arrays;
    arrays();
    expect(arrays()).toBe(1);
    for (let index = 0; index < 2_000; index++) encodeNameValues([[`OTHER_${index}`, "v"]]);
    expect(arrays()).toBe(2);
    expect(arrays()).toBe(1);
  });
});

describe("[P36] [TF01] what cannot be sent is found in texts of every length", () => {
  const lengths = [1, 2, 22, 23, 24, 25, 100, 5_000];

  test.for(lengths)("%i characters with one that is not latin-1, or a NUL, at each end and in the middle", (length) => {
    for (const bad of ["\0", "\u0100", "\u2603", "\uffff"]) {
      for (const at of [0, length >> 1, length - 1]) {
        const value = "v".repeat(at) + bad + "v".repeat(length - at - 1);
        expect(failure(() => encodeNameValues({ NAME: value })).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
      }
    }
  });

  test.for(lengths)("%i characters cut from a text that is not latin-1 are sent", (length) => {
    const value = `\u2603${"\u00ff".repeat(length)}\u2603`.slice(1, -1);
    expect(decodeNameValues(encodeNameValues({ NAME: value })).get("NAME")).toBe("\u00ff".repeat(length));
  });
});
