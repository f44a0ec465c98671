import { afterEach, describe, expect, test, vi } from "vitest";

import type * as Text from "../src/text.ts";

const BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);
/** Each character is its own code: what windows-1252 gets wrong is 0x80 to 0x9F. */
const CHARACTERS = Array.from(BYTES, (byte) => String.fromCharCode(byte)).join("");

const runtimes: readonly (readonly [string, () => void])[] = [
  ["Node", () => {}],
  ["a runtime without Buffer", () => vi.stubGlobal("Buffer", undefined)],
  ["a bundler's Buffer without native routines", () => vi.stubGlobal("Buffer", class {})],
];

describe.for(runtimes)("[P35] latin1 on %s", ([, arrange]) => {
  afterEach(() => vi.unstubAllGlobals());

  async function load(): Promise<typeof Text> {
    vi.resetModules();
    const module = import("../src/text.ts");
    arrange(); // the module looks once, when it runs
    return module;
  }

  test("each byte is one character, both ways", async () => {
    const { latin1Bytes, readLatin1 } = await load();
    expect(readLatin1(BYTES, 0, 256)).toBe(CHARACTERS);
    expect(latin1Bytes(CHARACTERS)).toEqual(BYTES);
    for (let code = 0; code < 256; code++) {
      expect(readLatin1(BYTES, code, code + 1)).toBe(String.fromCharCode(code));
      expect(latin1Bytes(String.fromCharCode(code))).toEqual(Uint8Array.of(code));
    }
  });

  test("text becomes UTF-8, and no byte is touched beside it", async () => {
    const { writeUtf8 } = await load();
    for (const text of ["", "plain", "é€😀", "\ud800 alone", "€".repeat(100)]) {
      const expected = new TextEncoder().encode(text);
      const target = new Uint8Array(text.length * 3 + 10).fill(0xdd);
      expect(writeUtf8(target, 5, text)).toBe(5 + expected.length);
      expect(target.subarray(5, 5 + expected.length)).toEqual(expected);
      expect([target[4], target[5 + expected.length]]).toEqual([0xdd, 0xdd]);
    }
  });

  test("ranges and offsets are kept to, at every length", async () => {
    const { readLatin1, writeLatin1 } = await load();
    for (let length = 0; length < 60; length++) {
      const target = new Uint8Array(70).fill(0xdd);
      expect(writeLatin1(target, 5, CHARACTERS.slice(190, 190 + length))).toBe(5 + length);
      expect(target.subarray(5, 5 + length)).toEqual(BYTES.subarray(190, 190 + length));
      expect(target.filter((byte) => byte === 0xdd)).toHaveLength(70 - length + (length > 31 ? 1 : 0));
      expect(readLatin1(target, 5, 5 + length)).toBe(CHARACTERS.slice(190, 190 + length));
    }
  });

  test("a megabyte is no problem", async () => {
    const { latin1Bytes, readLatin1 } = await load();
    const text = CHARACTERS.repeat(4_096);
    const bytes = latin1Bytes(text);
    expect(bytes).toHaveLength(1_048_576);
    expect(readLatin1(bytes, 0, bytes.length) === text).toBe(true);
  });
});
