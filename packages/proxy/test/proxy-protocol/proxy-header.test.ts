import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseProxyHeader } from "../../src/proxy-protocol/proxy-header.ts";

const text = (line: string): Buffer => Buffer.from(line, "latin1");

/** Version 2. */
function binary(command: number, family: number, rest: Buffer, length: number = rest.length): Buffer {
  const head = Buffer.from("0d0a0d0a000d0a515549540a00000000", "hex");
  head[12] = command;
  head[13] = family;
  head.writeUInt16BE(length, 14);
  return Buffer.concat([head, rest]);
}

const FOUR = Buffer.from([203, 0, 113, 7, 10, 0, 0, 1, 0x30, 0x39, 0x01, 0xbb]);
const SIX = Buffer.concat([
  Buffer.from("20010db8000000000000000000000001", "hex"),
  Buffer.from("00000000000000000000ffff0a000001", "hex"),
  Buffer.from([0x30, 0x39, 0x01, 0xbb]),
]);
const NAMED = {
  remote: { address: "203.0.113.7", port: 12_345 },
  local: { address: "10.0.0.1", port: 443 },
};

describe("version 1", () => {
  test("names both ends", () => {
    const line = "PROXY TCP4 203.0.113.7 10.0.0.1 12345 443\r\n";
    expect(parseProxyHeader(text(`${line}GET /`))).toEqual({ length: line.length, ends: NAMED });
    expect(parseProxyHeader(text("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"))).toMatchObject({
      ends: { remote: { address: "2001:db8::1", port: 1 }, local: { address: "::1", port: 65_535 } },
    });
  });

  test("may name nobody", () => {
    expect(parseProxyHeader(text("PROXY UNKNOWN ffff:f...f:ffff 65535\r\n"))).toMatchObject({ ends: undefined });
    expect(parseProxyHeader(text("PROXY UNKNOWN\r\n"))).toEqual({ length: 15, ends: undefined });
  });

  test.each([
    "GET / HTTP/1.1\r\n",
    "PROXY TCP4 203.0.113.7 10.0.0.1 12345\r\n",
    "PROXY TCP4 203.0.113.7 10.0.0.1 12345 443 1\r\n",
    "PROXY TCP4 203.0.113.07 10.0.0.1 12345 443\r\n",
    "PROXY TCP4 2001:db8::1 ::1 12345 443\r\n",
    "PROXY TCP6 203.0.113.7 10.0.0.1 12345 443\r\n",
    "PROXY TCP4 203.0.113.7 10.0.0.1 65536 443\r\n",
    "PROXY TCP4 203.0.113.7 10.0.0.1 012 443\r\n",
    "PROXY TCP4  203.0.113.7 10.0.0.1 12 443\r\n",
    "PROXY UDP4 203.0.113.7 10.0.0.1 12 443\r\n",
    "proxy TCP4 203.0.113.7 10.0.0.1 12 443\r\n",
    `PROXY ${"x".repeat(102)}`,
  ])("[TE12] refuses %j", (line) => {
    expect(parseProxyHeader(text(line))).toBe("bad");
  });
});

describe("version 2", () => {
  test("names both ends; what stands behind them is skipped", () => {
    expect(parseProxyHeader(binary(0x21, 0x11, FOUR))).toEqual({ length: 28, ends: NAMED });
    const extended = Buffer.concat([FOUR, Buffer.from([0x04, 0, 3, 1, 2, 3])]);
    expect(parseProxyHeader(Buffer.concat([binary(0x21, 0x11, extended), text("GET")]))).toEqual({
      length: 34,
      ends: NAMED,
    });
    expect(parseProxyHeader(binary(0x21, 0x21, SIX))).toMatchObject({
      ends: { remote: { address: "2001:db8::1", port: 12_345 }, local: { address: "10.0.0.1", port: 443 } },
    });
  });

  test("may name nobody: LOCAL, no family, UNIX sockets, datagrams", () => {
    for (const family of [0x00, 0x12, 0x22, 0x31, 0x32])
      expect(parseProxyHeader(binary(0x21, family, FOUR))).toEqual({ length: 28, ends: undefined });
    expect(parseProxyHeader(binary(0x20, 0x11, FOUR))).toEqual({ length: 28, ends: undefined });
    expect(parseProxyHeader(binary(0x20, 0x00, Buffer.alloc(0)))).toEqual({ length: 16, ends: undefined });
  });

  test.each([
    ["another version", binary(0x11, 0x11, FOUR)],
    ["another command", binary(0x22, 0x11, FOUR)],
    ["an unknown family", binary(0x21, 0x41, FOUR)],
    ["an unknown transport", binary(0x21, 0x13, FOUR)],
    ["too few bytes of addresses", binary(0x21, 0x11, FOUR.subarray(0, 11))],
    ["too few bytes of IPv6 addresses", binary(0x21, 0x21, SIX.subarray(0, 35))],
    ["more bytes than are waited for", binary(0x21, 0x11, FOUR, 0xffff)],
    ["another signature", text("\r\n\r\n\0\r\nQUIX\n")],
  ])("[TE12] refuses %s", (_what, bytes) => {
    expect(parseProxyHeader(bytes)).toBe("bad");
  });
});

test("waits for the rest, whatever pieces it comes in", () => {
  for (const whole of [text("PROXY TCP4 203.0.113.7 10.0.0.1 12345 443\r\n"), binary(0x21, 0x11, FOUR)]) {
    for (let at = 1; at < whole.length; at++) expect(parseProxyHeader(whole.subarray(0, at))).toBe("more");
    expect(parseProxyHeader(whole)).toMatchObject({ length: whole.length });
  }
});

test("never takes more than there is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, signed) => {
      const all = signed
        ? Buffer.concat([binary(0x21, 0x11, Buffer.alloc(0)).subarray(0, 12), bytes])
        : Buffer.from(bytes);
      const found = parseProxyHeader(all);
      if (typeof found === "object") expect(found.length).toBeLessThanOrEqual(all.length);
    }),
  );
});
