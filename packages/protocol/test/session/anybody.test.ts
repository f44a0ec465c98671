// Each session against anybody: records in any order, damaged ones, no records at all.
import fc from "fast-check";
import { expect, test } from "vitest";

import { FastCGIError } from "../../src/errors.ts";
import { begin, concat, cut, end, head, pattern, record, strictRecords } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";
import { ResponderSide } from "./responder-side.ts";

/** Records that make sense often enough to get somewhere, and anything else; 0 and four more ids, so that they meet. */
function anyRecord(ids: readonly [number, number, number, number]): fc.Arbitrary<Uint8Array> {
  const id = fc.constantFrom(...ids);
  const idOr0 = fc.constantFrom(0, ...ids);
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(idOr0, fc.nat(3), fc.nat(1)).map((args) => begin(...args)) },
    { weight: 3, arbitrary: id.map((one) => head(one, { A: "b" })) },
    { weight: 2, arbitrary: fc.tuple(idOr0, fc.nat(300), fc.nat(4)).map((args) => end(...args)) },
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom(2, 4, 5, 6, 7, 8), id, fc.constantFrom("", "", "x", "\u0001\u0001ab"))
        .map(([type, one, content]) => record(type, one, content, 3, 0xff)),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.nat(14), fc.oneof(idOr0, fc.nat(65_535)), fc.nat(20), fc.nat(9))
        .map(([type, one, length, padding]) => record(type, one, pattern(length), padding, 0x01)),
    },
  );
}

function anyBytes(ids: readonly [number, number, number, number]): fc.Arbitrary<Uint8Array> {
  const any = anyRecord(ids);
  return fc.oneof(
    fc.array(any, { maxLength: 30, size: "max" }).map((parts) => concat(...parts)),
    fc.tuple(fc.array(any, { maxLength: 12, size: "max" }), fc.nat(), fc.nat(255)).map(([parts, at, byte]) => {
      const bytes = concat(...parts);
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 100, size: "max" }),
  );
}

/** A web server may pick any ids. */
const fromServer = anyBytes([1, 64, 300, 65_535]);
/** An application has to use the ones it was given, and these are small. */
const fromApplication = anyBytes([1, 2, 3, 4]);
const anyCuts = fc.array(fc.nat(40), { minLength: 1, maxLength: 5 });

test(
  "[P67] [V12] [V14] [TF26] [Z4] an application answers each BEGIN_REQUEST at most once, and never throws",
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(
        fromServer,
        anyCuts,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        (bytes, cuts, multiplex, atOnce) => {
          const side = new ResponderSide({ multiplex, roles: [1, 3] }, ({ exchange }) => atOnce && exchange.end());
          for (const chunk of cut(bytes, cuts)) {
            side.receive(chunk);
            expect(side.session.active).toBeLessThanOrEqual(multiplex);
          }
          // Nothing asked for is answered by more than twice its bytes.
          expect(side.output.pendingBytes).toBeLessThanOrEqual(2 * bytes.length + side.served.length * 24);
          for (const { exchange } of side.served) exchange.end();
          const ends = side.sent().filter(({ type }) => type === 3);
          const begins = side.served.length;
          expect(side.fatal.length + side.closes).toBeLessThanOrEqual(1);
          expect(side.served.every(({ aborts }) => aborts.length <= 1)).toBe(true);
          expect(side.served.every(({ exchange }) => exchange.ended)).toBe(true);
          if (side.fatal.length === 0) expect(ends.length).toBeGreaterThanOrEqual(begins);
          // A begun request was either told to the application, refused, or aborted early: never two of these.
          expect(ends.length).toBeLessThanOrEqual(bytes.length / 16);
          side.session.receiveEnd();
          side.session.fail(new FastCGIError("FCGI_ERR_DESTROYED", "x"));
          expect([side.session.active, side.session.receiving]).toEqual([0, false]);
          expect(side.fatal.length + side.closes).toBe(1);
        },
      ),
      { numRuns: 400 },
    );
  },
);

test(
  "[P67] [P22] [Z4] each BEGIN_REQUEST on a healthy connection is answered exactly once, or still to be",
  { timeout: 60_000 },
  () => {
    const step = fc.record({
      id: fc.constantFrom(1, 64, 65_535),
      what: fc.constantFrom("begin", "params", "abort", "end"),
    });
    const polite = fc.array(step, { maxLength: 60, size: "max" });
    fc.assert(
      fc.property(polite, fc.integer({ min: 1, max: 3 }), (steps, multiplex) => {
        const side = new ResponderSide({ multiplex });
        const open = new Map<number, "params" | "running">();
        let begun = 0;
        let answered = 0;
        for (const { id, what } of steps) {
          if (what === "begin" && !open.has(id)) {
            side.receive(begin(id));
            begun++;
            if (open.size < multiplex) open.set(id, "params");
          } else if (what === "params" && open.get(id) === "params") {
            side.receive(record(4, id));
            open.set(id, "running");
          } else if (what === "abort") {
            side.receive(record(2, id));
            if (open.get(id) === "params") open.delete(id);
          } else if (what === "end" && open.get(id) === "running") {
            side.served.findLast(({ exchange }) => exchange.id === id)!.exchange.end();
            open.delete(id);
          }
          answered += side.sent().filter(({ type }) => type === 3).length;
          expect([answered, side.session.active]).toEqual([begun - open.size, open.size]);
        }
        expect([side.fatal, side.closes]).toEqual([[], 0]);
      }),
      { numRuns: 300 },
    );
  },
);

test(
  "[P18] [V14] [V16] [TF22] [Z4] a web server ends each of its requests once, and never throws",
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(fromApplication, anyCuts, fc.integer({ min: 1, max: 3 }), (bytes, cuts, multiplex) => {
        const side = new ClientSide({ multiplex });
        for (const chunk of [new Uint8Array(0), ...cut(bytes, cuts)]) {
          side.receive(chunk);
          while (side.session.available && side.calls.length < 20) side.begin().exchange.endStdin();
          expect(side.session.active).toBeLessThanOrEqual(multiplex);
          expect(side.calls.filter(({ endings }) => endings === 0)).toHaveLength(side.session.active);
        }
        strictRecords(side.sentBytes());
        side.session.receiveEnd();
        expect(side.calls.map(({ endings }) => endings)).toEqual(side.calls.map(() => 1));
        expect(side.fatal.length).toBeLessThanOrEqual(1);
        const told = side.calls.reduce((total, call) => total + call.stdout.length + call.stderr.length, 0);
        expect(told).toBeLessThanOrEqual(bytes.length);
        expect(side.session.available).toBe(false);
      }),
      { numRuns: 400 },
    );
  },
);
