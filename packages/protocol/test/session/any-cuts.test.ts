// The transport cuts where it likes: neither end may notice.
import fc from "fast-check";
import { expect, test } from "vitest";

import { begin, concat, cut, end, head, pair, pattern, record } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";
import { ResponderSide } from "./responder-side.ts";

const id = fc.constantFrom(1, 2, 2, 300);
const size = fc.oneof(fc.nat(20), fc.constantFrom(255, 256, 3_000));
const padding = fc.constantFrom(0, 1, 7, 255);
const cuts = fc.array(fc.oneof(fc.nat(3), fc.nat(600)), { minLength: 1, maxLength: 6 });

const stream = (type: number): fc.Arbitrary<Uint8Array> =>
  fc.tuple(id, size, padding).map(([one, length, pad]) => record(type, one, pattern(length, type), pad, 1));
const fromServer = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(id, fc.constantFrom(1, 1, 3, 9), fc.nat(1)).map((args) => begin(...args)) },
    { weight: 3, arbitrary: id.map((one) => head(one, { A: "b", NAME: "x".repeat(200) })) },
    {
      weight: 2,
      arbitrary: fc.tuple(id, fc.nat(1)).map(([one, half]) => record(4, one, half ? "\x01\x01a" : "b\x01\0c")),
    },
    { weight: 2, arbitrary: id.map((one) => record(4, one)) },
    { weight: 4, arbitrary: stream(5) },
    { weight: 1, arbitrary: stream(8) },
    { weight: 1, arbitrary: id.map((one) => record(2, one)) },
    { weight: 1, arbitrary: fc.constantFrom(record(9, 0, pair("FCGI_MPXS_CONNS", ""), 3, 1), record(77, 0, "?")) },
  ),
  { maxLength: 14, size: "max" },
);
const fromApplication = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: stream(6) },
    { weight: 2, arbitrary: stream(7) },
    { weight: 1, arbitrary: fc.tuple(id, fc.nat(), fc.nat(4)).map((args) => end(...args)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(record(10, 0, pair("FCGI_MPXS_CONNS", "1")), record(11, 0, pattern(8), 9, 1)),
    },
  ),
  { maxLength: 14, size: "max" },
);

function application(chunks: readonly Uint8Array[]): unknown {
  const side = new ResponderSide({ roles: [1, 3], multiplex: 2, maxParamsBytes: 500 }, ({ exchange }) => {
    if (exchange.id === 300) exchange.end(7);
  });
  side.receive(...chunks);
  side.session.receiveEnd();
  return [
    side.served.map(({ exchange, stdin, data, told }) => [exchange.id, [...exchange.params], stdin, data, told]),
    side.fatal.map(({ code, message, requestId }) => [code, message, requestId]),
    side.closes,
    side.sentBytes(),
  ];
}

function webServer(chunks: readonly Uint8Array[]): unknown {
  const side = new ClientSide({ multiplex: 2 });
  side.session.requestValues();
  const calls = [side.begin(), side.begin()];
  side.receive(...chunks);
  side.session.receiveEnd();
  return [
    calls.map(({ stdout, stderr, end: how, error }) => [stdout, stderr, how, error?.code, error?.message]),
    side.fatal.map(({ code, message, requestId }) => [code, message, requestId]),
    side.values.map((values) => values && [...values]),
    side.session.available,
  ];
}

test("[P16] [P17] [P37] [Z4] an application does the same however the bytes are cut", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fromServer, cuts, (parts, sizes) => {
      const bytes = concat(...parts);
      expect(application(cut(bytes, sizes))).toEqual(application([bytes]));
    }),
    { numRuns: 500 },
  );
});

test("[P16] [P17] [Z4] a web server does the same however the bytes are cut", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fromApplication, cuts, (parts, sizes) => {
      const bytes = concat(...parts);
      expect(webServer(cut(bytes, sizes))).toEqual(webServer([bytes]));
    }),
    { numRuns: 500 },
  );
});
