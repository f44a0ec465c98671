import { expect, test } from "vitest";

import {
  FixedBody,
  readBeginRequest,
  readEndRequest,
  writeBeginRequest,
  writeEndRequest,
  writeUnknownType,
} from "../src/bodies.ts";
import { hex } from "./vectors/wire.ts";

test("[P28] [P29] BEGIN_REQUEST is written big-endian, reserved bytes as 0", () => {
  const bytes = new Uint8Array(10).fill(0xaa);
  expect(writeBeginRequest(bytes, 1, 0x0203, true)).toBe(9);
  expect(bytes).toEqual(hex("AA  0203 01 0000000000  AA"));
  writeBeginRequest(bytes, 1, 1, false);
  expect(bytes).toEqual(hex("AA  0001 00 0000000000  AA"));
});

test("[P28] [P29] [P43] BEGIN_REQUEST is read with any reserved bytes, and other flags are ignored", () => {
  expect(readBeginRequest(hex("0002 01 FFFFFFFFFF"))).toEqual({ role: 2, keepConn: true });
  expect(readBeginRequest(hex("FFFE FE FFFFFFFFFF"))).toEqual({ role: 0xfffe, keepConn: false });
  expect(readBeginRequest(hex("0001 FF 0000000000"))).toEqual({ role: 1, keepConn: true });
});

test.for([
  [0, "00000000"],
  [1, "00000001"],
  [938, "000003AA"],
  [0x12345678, "12345678"],
  [0x80000000, "80000000"],
  [0xffffffff, "FFFFFFFF"],
] as const)("[P28] [P79] application status %i is unsigned", ([status, bytes]) => {
  const body = new Uint8Array(8).fill(0xaa);
  expect(writeEndRequest(body, 0, status, 2)).toBe(8);
  expect(body).toEqual(hex(`${bytes} 02 000000`));
  expect(readEndRequest(hex(`${bytes} FE FFFFFF`))).toEqual({ appStatus: status, protocolStatus: 0xfe });
});

test("[P79] exit(-1) is 4294967295 on the wire", () => {
  const body = new Uint8Array(8);
  writeEndRequest(body, 0, -1, 0);
  expect(readEndRequest(body).appStatus).toBe(4_294_967_295);
});

test("[P29] UNKNOWN_TYPE tells the type, the rest is 0", () => {
  const body = new Uint8Array(8).fill(0xaa);
  expect(writeUnknownType(body, 0, 99)).toBe(8);
  expect(body).toEqual(hex("63 00000000000000"));
});

test("[P16] [P27] a body is collected wherever it is cut, and a ninth byte is not", () => {
  const body = new FixedBody();
  const bytes = hex("0102030405060708 FF FF");
  for (let at = 0; at < bytes.length; at++) body.push(bytes, at, at + 1);
  expect(body.bytes).toEqual(bytes.subarray(0, 8));
  body.reset();
  body.push(bytes, 1, 10);
  expect(body.bytes).toEqual(hex("02030405060708FF"));
});
