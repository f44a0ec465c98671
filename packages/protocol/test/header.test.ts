import { expect, test } from "vitest";

import { paddingFor, readRecordHeader, writeRecordHeader } from "../src/header.ts";
import { failure } from "./failure.ts";
import { hex } from "./vectors/wire.ts";

test.for([
  [0, 0],
  [1, 7],
  [7, 1],
  [8, 0],
  [9, 7],
  [4_465, 7],
  [65_528, 0],
  [65_535, 1],
])("[P13] a content of %i bytes is aligned by %i", ([length, padding]) => {
  expect(paddingFor(length!)).toBe(padding);
});

test("[P9] [P15] [P20] eight bytes are written, the reserved one as 0, and read back", () => {
  const bytes = new Uint8Array(12).fill(0xaa);
  expect(writeRecordHeader(bytes, 2, 6, 0x012c, 0xfedc, 0xff)).toBe(10);
  expect(bytes).toEqual(hex("AA AA  01 06 012C FEDC FF 00  AA AA"));
  expect(readRecordHeader(bytes, 2)).toEqual({
    version: 1,
    type: 6,
    requestId: 300,
    contentLength: 0xfedc,
    paddingLength: 255,
  });
});

test("[P9] a header is read as it is, whatever it says", () => {
  expect(readRecordHeader(hex("FF FE FDFC FBFA F9 F8"))).toEqual({
    version: 255,
    type: 254,
    requestId: 0xfdfc,
    contentLength: 0xfbfa,
    paddingLength: 249,
  });
});

const IMPOSSIBLE = [-1, 65_536, 99_000, 2 ** 32, 1.5, Number.NaN, Infinity];

test.for(IMPOSSIBLE)("[V6] [TF01] a content length of %d never gets onto the wire", (length) => {
  const bytes = new Uint8Array(8);
  expect(failure(() => writeRecordHeader(bytes, 0, 6, 1, length, 0)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  expect(bytes).toEqual(new Uint8Array(8));
});

test.for(IMPOSSIBLE)("[P20] a request id of %d never gets onto the wire", (id) => {
  expect(failure(() => writeRecordHeader(new Uint8Array(8), 0, 6, id, 0, 0)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
});

test.for([-1, 256, 0.5, Number.NaN])("a type or a padding length of %d never gets onto the wire", (byte) => {
  expect(failure(() => writeRecordHeader(new Uint8Array(8), 0, byte, 1, 0, 0)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  expect(failure(() => writeRecordHeader(new Uint8Array(8), 0, 6, 1, 0, byte)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
});
