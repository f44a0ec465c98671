import { expect, test } from "vitest";

import { MAX_RECORD_CONTENT } from "../src/constants.ts";
import { decodeNameValues, encodeNameValues } from "../src/name-values.ts";
import { ParamList, toParamList } from "../src/param-list.ts";
import { failure } from "./failure.ts";
import { concat, hex, pair, strictPairs } from "./vectors/wire.ts";

test("[P40] pairs are sent in the order in which they were added, duplicates too", () => {
  const list = new ParamList().add("B", "1").add("A", "2").add("B", "3");
  expect(list.names).toEqual(["B", "A", "B"]);
  expect(list.values).toEqual(["1", "2", "3"]);
  expect(strictPairs(encodeNameValues(list))).toEqual([
    ["B", "1"],
    ["A", "2"],
    ["B", "3"],
  ]);
});

test("every form of params comes to the same pairs", () => {
  const expected = concat(pair("A", "1"), pair("B", "\u00ff"));
  const forms = [
    new ParamList().add("A", "1").add("B", hex("FF")),
    new ParamList(pair("A", "1")).add("B", "\u00ff"),
    { A: "1", B: "\u00ff", C: undefined },
    [["A", "1"] as const, ["B", hex("FF")] as const],
    new Map([
      ["A", "1"],
      ["B", "\u00ff"],
    ]),
    decodeNameValues(expected),
  ];
  for (const form of forms) expect(encodeNameValues(form)).toEqual(expected);
});

test("a list is taken as it is, not copied", () => {
  const list = new ParamList();
  expect(toParamList(list)).toBe(list);
});

test.for([0, 1, 127, 128, 200, 70_000])(
  "byteLength is what is written, with names and values of %i bytes",
  (length) => {
    for (const list of [
      new ParamList().add("n".repeat(length), "v").add("n", "v".repeat(length)).add("n", new Uint8Array(length)),
      new ParamList(pair("PRE", "coded")).add("n".repeat(length), ""),
      new ParamList(),
    ]) {
      expect(encodeNameValues(list)).toHaveLength(list.byteLength);
      const target = new Uint8Array(list.byteLength + 20).fill(0xdd);
      expect(list.writeTo(target, 10)).toBe(10 + list.byteLength);
      expect(target.subarray(0, 10).every((byte) => byte === 0xdd)).toBe(true);
      expect(target.subarray(-10).every((byte) => byte === 0xdd)).toBe(true);
    }
  },
);

test("[P38] what is pre-encoded fits into one record", () => {
  expect(new ParamList(new Uint8Array(MAX_RECORD_CONTENT)).byteLength).toBe(MAX_RECORD_CONTENT);
  expect(failure(() => new ParamList(new Uint8Array(MAX_RECORD_CONTENT + 1))).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
});
