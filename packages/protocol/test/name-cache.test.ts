import { expect, test } from "vitest";

import { internName } from "../src/name-cache.ts";
import { readLatin1 } from "../src/text.ts";
import { concat, latin1 } from "./vectors/wire.ts";

test("[P35] a name is exactly its bytes, whatever was seen before", () => {
  // Equal length, and equal bytes where the table looks: these meet in one slot.
  const names = ["ABCDEFG", "xBCDEFG", "ABxDEFG", "ABCDxFG", "ABCDEFx", "ABCDEFG", "\u00ffB\u0000DEFG", "ABCDEFG"];
  for (const name of names) expect(internName(latin1(name), 0, name.length)).toBe(name);
  const bytes = concat(latin1("REQUEST_URI"), latin1("REQUEST_URL"));
  expect(internName(bytes, 0, 11)).toBe("REQUEST_URI");
  expect(internName(bytes, 11, 22)).toBe("REQUEST_URL");
  expect(internName(bytes, 5, 5)).toBe("");
});

test("[P41] names of every length come out, and ten thousand different ones", () => {
  for (let length = 0; length < 200; length++) {
    const name = "N".repeat(length);
    expect(internName(latin1(name), 0, length)).toBe(name);
  }
  for (let index = 0; index < 10_000; index++) {
    const bytes = latin1(`HTTP_X_${index * 7_919}`);
    expect(internName(bytes, 0, bytes.length)).toBe(readLatin1(bytes, 0, bytes.length));
  }
});
