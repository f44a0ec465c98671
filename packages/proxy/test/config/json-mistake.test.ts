import fc from "fast-check";
import { expect, test } from "vitest";

import { jsonMistake } from "../../src/config/json-mistake.ts";
import { placeOf } from "../../src/config/place.ts";

/** The place and the sentence. */
function mistake(text: string): string | undefined {
  const found = jsonMistake(text);
  if (found === undefined) return undefined;
  const { line, column } = placeOf(text, found.offset);
  return `${line}:${column} ${found.message}`;
}

test.each<[string, string]>([
  ['{\n  "root": "."\n  "routes": []\n}', '2:14 a comma is missing before "routes"'],
  ['{ "a": [1 2] }', "1:10 a comma is missing before 2"],
  ['{ "a": 1,\n}', "2:1 a comma stands before this }: remove the comma"],
  ['{ "a": [1, ] }', "1:12 a comma stands before this ]: remove the comma"],
  ['{ "a": 1,, "b": 2 }', "1:10 a comma stands where nothing is before it: remove it"],
  ["[,1]", "1:2 a comma stands where nothing is before it: remove it"],
  ['{ "a": [1 }', "1:11 } stands where a comma or ] belongs"],
  ['{ "a": {\n "b": 1', "1:8 the { that stands here is never closed: } is missing"],
  ["[1", "1:1 the [ that stands here is never closed: ] is missing"],
  ["{", "1:1 the { that stands here is never closed: } is missing"],
  ['{ "a":', "1:1 the { that stands here is never closed: } is missing"],
  ['{ "a" 1 }', '1:6 a colon is missing after the key "a"'],
  ['{ "a": }', "1:8 a value is missing before }"],
  ["{ root: 1 }", '1:3 the key root needs double quotes: "root"'],
  ["{ : 1 }", "1:3 a key in double quotes is missing before :"],
  ["{ 'a': 1 }", '1:3 a text stands in double quotes ("), not in single ones'],
  ["{ \"a\": 'b' }", '1:8 a text stands in double quotes ("), not in single ones'],
  ['{ "a": True }', "1:8 True is neither a text in double quotes, a number, true, false nor null"],
  ['{ "a": 01 }', "1:8 01 is neither a text in double quotes, a number, true, false nor null"],
  ['{ "a": +1 }', "1:8 +1 is neither a text in double quotes, a number, true, false nor null"],
  ['{ "a": "b\n" }', '1:8 the text that begins here has no closing "'],
  ['{ "a": "\t" }', "1:9 a tab in a text is written as \\t"],
  ['{ "a": "C:\\site" }', "1:11 \\s means nothing in a text of JSON: a backslash is written as \\\\"],
  [
    '{\n  // why\n  "a": 1 }',
    "2:3 JSON has no comments: remove it, or name the file .yaml, where lines that begin with # are",
  ],
  ["", "1:1 the file is empty: it needs { … }"],
  ["{} x", "1:4 the file should end here, and x follows"],
])("%j", (text, expected) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  expect(mistake(text)).toBe(expected);
});

test("finds something wrong exactly where JSON.parse does", () => {
  const cut = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "0", " ", "tru", "\n", "-"))
    .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1));
  fc.assert(
    fc.property(fc.oneof(fc.json(), cut, fc.string({ unit: fc.constantFrom(...'{}[]",:1e.-\\u0 ntrue') })), (text) => {
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      expect(jsonMistake(text) === undefined).toBe(parsed);
    }),
    { numRuns: 2_000 },
  );
});
