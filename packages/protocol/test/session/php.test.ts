// What a web server's session sends, read by the rules of the application that takes least: PHP.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { PhpReader } from "../vectors/php-reader.ts";
import { begin, concat, cut, end, pair, pattern, record, textOf } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";

const name = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 20 }).filter((text) => !text.includes("\0"));
const length = fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 4_095, 4_096, 65_400), fc.nat(40_000));
const value = fc
  .tuple(length, fc.integer({ min: 1, max: 255 }))
  .map(([size, byte]) => String.fromCharCode(byte).repeat(size));
const body = fc.oneof(fc.nat(500), fc.nat(140_000), fc.constantFrom(65_527, 65_528, 65_529, 65_535, 65_536));
const request = fc.record({
  role: fc.constantFrom(1, 1, 2),
  params: fc.array(fc.tuple(name, value), { maxLength: 8 }),
  size: body,
  pieces: fc.array(fc.nat(90_000), { minLength: 1, maxLength: 4 }),
});

test(
  "[P38] [P75] [P94] [Z2] any requests of one kept connection are to PHP what they are to us",
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), (requests) => {
        const side = new ClientSide();
        const wire: Uint8Array[] = [];
        const sent = requests.map(({ role, params, size, pieces }, index) => {
          const keepConn = index < requests.length - 1;
          const all = [...params.filter(([key]) => key !== "CONTENT_LENGTH"), ["CONTENT_LENGTH", `${size}`] as const];
          const { exchange } = side.begin({ role, keepConn, params: all });
          const stdin = pattern(size, index);
          for (const piece of cut(stdin, pieces)) exchange.writeStdin(piece);
          exchange.endStdin();
          wire.push(side.sentBytes());
          side.receive(end(exchange.id));
          return { role, keepConn, params: new Map<string, string>(all), stdin: textOf(stdin) };
        });
        const php = new PhpReader(concat(...wire));
        for (const expected of sent) expect(php.next()).toEqual(expected);
        expect(php.next()).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  },
);

describe("the reader is as strict as PHP", () => {
  const params = concat(record(4, 1, pair("CONTENT_LENGTH", "3")), record(4, 1));

  test.for<[string, Uint8Array, string]>([
    ["a pair that straddles records", concat(begin(1), record(4, 1, "\x01\x01a"), record(4, 1, "b")), "pair cut"],
    ["content and padding over 65,535 bytes", concat(begin(1), record(4, 1, pattern(65_520), 20)), "20 of padding"],
    ["STDIN among the PARAMS", concat(begin(1), record(5, 1, "x")), "type 5 among the PARAMS"],
    ["another request inside", concat(begin(1), record(4, 2)), "request 2 inside of 1"],
    ["an unknown role", begin(1, 4), "role 4"],
    ["ABORT_REQUEST in the body", concat(begin(1), params, record(5, 1, "a"), record(2, 1)), "type 2 in STDIN"],
    ["a body beyond CONTENT_LENGTH", concat(begin(1), params, record(5, 1, "abc"), record(5, 1, "d")), "but type 5"],
    ["something cut off", concat(begin(1), params, record(5, 1, "abc")).subarray(0, -1), "the connection ends"],
  ])("%s", ([, bytes, complaint]) => {
    const php = new PhpReader(bytes);
    expect(() => {
      while (php.next() !== undefined);
    }).toThrow(complaint);
  });
});
