import fc from "fast-check";
import { expect, test } from "vitest";

import { encodeResponseHead } from "../../src/cgi/response-encoder.ts";
import { readLatin1 } from "../../src/text.ts";
import { decode } from "./heads.ts";

function encode(...args: Parameters<typeof encodeResponseHead>): string {
  const bytes = encodeResponseHead(...args);
  return readLatin1(bytes, 0, bytes.length);
}

test("[P91] writes Status, the headers as they are, and the empty line", () => {
  expect(encode(200, "OK", ["Content-Type", "text/plain", "Set-Cookie", "a", "set-cookie", "b"])).toBe(
    "Status: 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n",
  );
  expect(encode(404, "", [])).toBe("Status: 404\r\n\r\n");
  expect(encode(103, "Early Hints", ["Link", "</a>"])).toBe("Status: 103 Early Hints\r\nLink: </a>\r\n\r\n");
});

test("[C15] adds nothing", () => {
  expect(encode(200, "OK", [])).toBe("Status: 200 OK\r\n\r\n");
});

test("[C21] characters up to U+00FF are one byte each", () => {
  expect(encodeResponseHead(200, "", ["X", "\xff\x80"]).slice(-6)).toEqual(Uint8Array.of(0xff, 0x80, 13, 10, 13, 10));
});

test.each([
  ["a line break in a value", () => encode(200, "OK", ["X", "a\r\nSet-Cookie: b"])],
  ["a LF in a value", () => encode(200, "OK", ["X", "a\n"])],
  ["a CR in a value", () => encode(200, "OK", ["X", "\ra"])],
  ["a NUL in a value", () => encode(200, "OK", ["X", "a\0"])],
  ["a character above U+00FF", () => encode(200, "OK", ["X", "\u010d"])],
  ["a character whose low byte is LF", () => encode(200, "OK", ["X", "\u010a"])],
  ["an empty name", () => encode(200, "OK", ["", "a"])],
  ["a colon in a name", () => encode(200, "OK", ["X:Y", "a"])],
  ["a space in a name", () => encode(200, "OK", ["X ", "a"])],
  ["a line break in a name", () => encode(200, "OK", ["X\nY", "a"])],
  ["a line break in the reason", () => encode(200, "OK\n", [])],
  ["a name without a value", () => encode(200, "OK", ["X"])],
  ["a second status", () => encode(200, "OK", ["status", "404"])],
  ["status 100", () => encode(100, "", [])],
  ["status 101", () => encode(101, "", [])],
  ["status 199", () => encode(199, "", [])],
  ["status 600", () => encode(600, "", [])],
  ["status 200.5", () => encode(200.5, "", [])],
  ["status NaN", () => encode(Number.NaN, "", [])],
])("[C20] [V37] refuses %s", (_name, call) => {
  expect(call).toThrow(expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }));
});

test("whatever it writes, the decoder reads back", () => {
  const name = fc
    .stringMatching(/^[A-Za-z0-9-]{1,12}$/)
    .filter((text) => !/^(status|location|content-.*)$/i.test(text));
  const value = fc.stringMatching(/^[\x21-\x7e\xa1-\xff]([\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\xa1-\xff])?$/);
  const status = fc.integer({ min: 200, max: 599 });
  fc.assert(
    fc.property(
      status,
      fc.option(value, { nil: "" }),
      fc.array(fc.tuple(name, value)),
      (statusCode, statusText, pairs) => {
        const rawHeaders = pairs.flat();
        const { head, body } = decode(`${encode(statusCode, statusText, rawHeaders)}body`);
        expect(head).toMatchObject({ statusCode, statusText, rawHeaders });
        expect(body).toBe("body");
      },
    ),
  );
});

test("any input either throws our error or gives one head that ends where it should", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "-", ":", " ", "\r", "\n", "\0", "\x7f", "\xff", "\u0100"),
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 190, max: 610 }),
      text,
      fc.array(text, { maxLength: 6 }),
      (statusCode, statusText, rawHeaders) => {
        let head: string;
        try {
          head = encode(statusCode, statusText, rawHeaders);
        } catch (error) {
          expect(error).toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
          return;
        }
        expect(head.indexOf("\r\n\r\n")).toBe(head.length - 4);
        expect(head.split("\r\n")).toHaveLength(rawHeaders.length / 2 + 3);
      },
    ),
    { numRuns: 1_000 },
  );
});
