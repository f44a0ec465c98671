import fc from "fast-check";
import { expect, test } from "vitest";

import { describeRecord } from "../src/describe-record.ts";
import type { FastCGIRecord } from "../src/record-types.ts";
import { records } from "../src/records.ts";
import { begin, concat, end, latin1, pair, record } from "./vectors/wire.ts";

async function lines(bytes: Uint8Array, maxLength?: number): Promise<string[]> {
  const found: string[] = [];
  for await (const one of records([bytes]))
    found.push(describeRecord(one, maxLength === undefined ? {} : { maxLength }));
  return found;
}

test("each type of record is one line", async () => {
  const bytes = concat(
    begin(1),
    begin(2, 2, 0),
    begin(65_535, 3, 1),
    begin(3, 9, 0),
    record(4, 1, concat(pair("SCRIPT_NAME", "/index.php"), pair("QUERY_STRING", ""), pair("A", "b", true))),
    record(4, 1),
    record(5, 1, "hello"),
    record(5, 1),
    record(6, 1, "Status: 200 OK\r\n\r\n"),
    record(7, 1, "x"),
    record(7, 1),
    record(8, 1),
    record(2, 1),
    end(1, 938),
    end(2, 0, 1),
    end(3, 0xffff_ffff, 9),
    record(9, 0, pair("FCGI_MPXS_CONNS", "")),
    record(9, 0),
    record(10, 0, pair("FCGI_MPXS_CONNS", "1")),
    record(11, 0, latin1("\x09\0\0\0\0\0\0\0")),
    record(11, 0, latin1("\x63\0\0\0\0\0\0\0")),
    record(99, 0, "abc"),
    record(77, 5),
  );
  expect(await lines(bytes)).toEqual([
    "BEGIN_REQUEST 1: responder, keep connection",
    "BEGIN_REQUEST 2: authorizer, close connection",
    "BEGIN_REQUEST 65535: filter, keep connection",
    "BEGIN_REQUEST 3: role 9, close connection",
    'PARAMS 1, 47 bytes: SCRIPT_NAME="/index.php" QUERY_STRING="" A="b"',
    "PARAMS 1: end",
    'STDIN 1, 5 bytes: "hello"',
    "STDIN 1: end",
    'STDOUT 1, 18 bytes: "Status: 200 OK\\r\\n\\r\\n"',
    'STDERR 1, 1 byte: "x"',
    "STDERR 1: end",
    "DATA 1: end",
    "ABORT_REQUEST 1",
    "END_REQUEST 1: request complete, app status 938",
    "END_REQUEST 2: cannot multiplex, app status 0",
    "END_REQUEST 3: protocol status 9, app status 4294967295",
    'GET_VALUES, 17 bytes: FCGI_MPXS_CONNS=""',
    "GET_VALUES",
    'GET_VALUES_RESULT, 18 bytes: FCGI_MPXS_CONNS="1"',
    "UNKNOWN_TYPE: GET_VALUES",
    "UNKNOWN_TYPE: type 99",
    'type 99, 3 bytes: "abc"',
    "type 77 5",
  ]);
});

test("[P37] a pair that goes on in the next record is told as bytes that are no pair", async () => {
  const pairs = concat(pair("A", "b"), pair("SERVER_PORT", "80"));
  expect(await lines(concat(record(4, 1, pairs.subarray(0, 9)), record(4, 1, pairs.subarray(0, 5))))).toEqual([
    'PARAMS 1, 9 bytes: A="b" and 5 bytes that are no pair',
    'PARAMS 1, 5 bytes: A="b" and 1 byte that are no pair',
  ]);
});

test("[V40] [TF10] what a peer sent cannot end the line, nor speak to a terminal", async () => {
  const evil = 'bad\r\nFAKE LOG\x1b[31m\0\x9b"\\';
  expect(await lines(concat(record(7, 1, evil), record(4, 1, pair(evil, evil))))).toEqual([
    'STDERR 1, 22 bytes: "bad\\r\\nFAKE LOG\\x1b[31m\\x00\\x9b\\"\\\\"',
    'PARAMS 1, 46 bytes: bad\\r\\nFAKE LOG\\x1b[31m\\x00\\x9b\\"\\\\="bad\\r\\nFAKE LOG\\x1b[31m\\x00\\x9b\\"\\\\"',
  ]);
});

test("a long line is cut, 200 characters by default", async () => {
  const long = concat(record(6, 1, "x".repeat(65_535)), record(4, 1, pair("N".repeat(300), "v".repeat(300))));
  for (const [limit, length] of [
    [undefined, 200],
    [30, 30],
    [1, 1],
    [1_000_000, undefined],
  ] as const) {
    for (const line of await lines(long, limit)) {
      if (length === undefined) expect(line).not.toContain("…");
      else {
        expect(line).toHaveLength(length);
        expect(line.indexOf("…")).toBe(length - 1);
      }
    }
  }
  const [exact] = await lines(record(6, 1, "x".repeat(5)), 'STDOUT 1, 5 bytes: "xxxxx"'.length);
  expect(exact).toBe('STDOUT 1, 5 bytes: "xxxxx"');
});

test("[V14] any record is one line of printable ASCII, within its limit", () => {
  const content = fc.uint8Array({ maxLength: 80 });
  const id = fc.nat(65_535);
  const any: fc.Arbitrary<FastCGIRecord> = fc.oneof(
    fc.record({ type: fc.nat(255), requestId: id, content }),
    fc.record({ type: fc.constant(1 as const), requestId: id, role: fc.nat(65_535), keepConn: fc.boolean() }),
    fc.record({ type: fc.constant(3 as const), requestId: id, appStatus: fc.nat(), protocolStatus: fc.nat(255) }),
    fc.record({ type: fc.constant(11 as const), requestId: id, unknownType: fc.nat(255) }),
  );
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 120 }), (one, maxLength) => {
      const line = describeRecord(one, { maxLength });
      expect(line).toMatch(/^[\x20-\x7e]*…?$/);
      expect(line.length).toBeLessThanOrEqual(maxLength);
    }),
  );
});
