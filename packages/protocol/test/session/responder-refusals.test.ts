// What the session answers itself, the application never hears of it: refused requests, early aborts, management records.
import { describe, expect, test } from "vitest";

import { countAllocations } from "../counting.ts";
import { INCOMPLETE } from "../vectors/name-values.ts";
import { begin, concat, cut, end, head, hex, pair, pattern, record, strictPairs } from "../vectors/wire.ts";
import { ResponderSide } from "./responder-side.ts";

const EMPTY = new Uint8Array(0);

describe("refused requests", () => {
  test.for([0, 2, 3, 4, 9, 255, 256, 257, 65_535])(
    "[P59] [P62] [TF27] role %i is unknown: END_REQUEST alone",
    (role) => {
      const side = new ResponderSide();
      side.receive(head(7, { A: "b" }, role), record(5, 7, "body"), record(5, 7));
      expect([side.sentBytes(), side.served, side.fatal, side.closes]).toEqual([end(7, 0, 3), [], [], 0]);
      side.receive(head(7));
      expect(side.served).toHaveLength(1);
    },
  );

  test("[P59] the roles that are served can be chosen", () => {
    const side = new ResponderSide({ roles: [2, 3] });
    side.receive(head(1, {}, 1), head(2, {}, 2), head(3, {}, 3));
    expect(side.sentBytes()).toEqual(end(1, 0, 3));
    expect(side.served.map(({ exchange }) => exchange.role)).toEqual([2, 3]);
  });

  test("[P60] [P22] [V15] a second request where one at a time is run: CANT_MPX_CONN for it, the first is unharmed", () => {
    for (const flags of [0, 1]) {
      const side = new ResponderSide({ multiplex: 1 });
      side.receive(head(1), record(5, 1, "mine"));
      side.receive(head(2, { A: "b" }, 1, flags), record(5, 2, "other"), record(5, 2), record(2, 2));
      expect(side.sentBytes()).toEqual(end(2, 0, 1));
      side.receive(record(5, 1, " too"), record(5, 1));
      expect(side.served.map(({ stdin, told }) => [stdin, told])).toEqual([["mine too", ["stdin", "stdin end"]]]);
      side.served[0]!.exchange.end();
      expect(side.sentBytes()).toEqual(concat(record(6, 1), end(1)));
      // The flag of the refused request is not the running one's.
      expect([side.closes, side.fatal]).toEqual([0, []]);
      side.receive(head(2));
      expect(side.served).toHaveLength(2);
    }
  });

  test("[P60] it is refused while the first one's PARAMS are still coming, too", () => {
    const side = new ResponderSide({ multiplex: 1 });
    side.receive(begin(1), begin(2), record(4, 2), record(4, 1));
    expect(side.sentBytes()).toEqual(end(2, 0, 1));
    expect(side.served.map(({ exchange }) => exchange.id)).toEqual([1]);
  });

  test("[P61] [P62] out of room: OVERLOADED, asked anew for each request", () => {
    let room = 1;
    const side = new ResponderSide({ admit: () => room-- > 0 });
    side.receive(head(1), head(2));
    expect([side.sentBytes(), side.served.length]).toEqual([end(2, 0, 2), 1]);
    room = 1;
    side.receive(head(2));
    expect(side.served).toHaveLength(2);
  });

  test("[P61] over the requests of one connection: OVERLOADED", () => {
    const side = new ResponderSide({ multiplex: 2 });
    side.receive(head(1), head(2), head(3));
    expect([side.sentBytes(), side.served.length]).toEqual([end(3, 0, 2), 2]);
    side.served[0]!.exchange.end();
    side.receive(head(3));
    expect(side.served).toHaveLength(3);
  });

  test.for([
    [2, 0],
    [3, 9],
  ])("[P62] [P43] protocol status %i obeys KEEP_CONN", ([status, role]) => {
    const options = { admit: () => false };
    const kept = new ResponderSide(options);
    kept.receive(head(1, {}, role === 0 ? 1 : role, 1));
    expect([kept.sentBytes(), kept.closes]).toEqual([end(1, 0, status), 0]);
    const unkept = new ResponderSide(options);
    unkept.receive(head(1, {}, role === 0 ? 1 : role, 0));
    expect([unkept.sentBytes(), unkept.closes]).toEqual([end(1, 0, status), 1]);
  });

  test("[P44] [P62] a refused request that was not kept closes when the others have ended", () => {
    const side = new ResponderSide();
    side.receive(head(1), head(2, {}, 9, 0));
    expect(side.closes).toBe(0);
    side.served[0]!.exchange.end();
    expect(side.closes).toBe(1);
  });

  test("[V12] [TF28] 65,535 BEGINs with params: 64 are taken, the rest is refused and costs nothing", () => {
    const side = new ResponderSide({ maxParamsBytes: 1_000 });
    const chunk = concat(begin(1), record(4, 1, pattern(900)));
    const allocated = countAllocations(() => {
      for (let id = 1; id <= 65_535; id++) {
        chunk[2] = chunk[18] = id >> 8;
        chunk[3] = chunk[19] = id & 0xff;
        side.receive(chunk);
        if (id % 1_000 === 0) side.output.take();
      }
    });
    expect([side.session.active, side.served.length, side.fatal]).toEqual([64, 0, []]);
    // 64 times the params, and the slabs of 65,471 answers of 16 bytes.
    expect(allocated.bytes).toBeLessThan(64 * 900 + 65_535 * 16 + 10 * 65_536);
  });

  test("[V12] the answers to refused requests are counted, so that a transport can stop reading", () => {
    const side = new ResponderSide({ multiplex: 1 });
    side.receive(begin(1));
    for (let id = 2; id <= 1_001; id++) side.receive(begin(id));
    expect(side.output.pendingBytes).toBe(16_000);
  });
});

describe("early aborts", () => {
  test("[P63] [P65] before the end of PARAMS the application never hears of it, the session answers", () => {
    for (const chunks of [[begin(1)], [begin(1), record(4, 1, pair("A", "b"))]]) {
      const side = new ResponderSide();
      side.receive(...chunks, record(2, 1), record(4, 1, "rest"), record(4, 1), record(5, 1));
      expect([side.sentBytes(), side.served, side.session.active]).toEqual([end(1), [], 0]);
      expect([side.session.receiving, side.closes, side.fatal]).toEqual([false, 0, []]);
      side.receive(head(1));
      expect(side.served).toHaveLength(1);
    }
  });

  test("[P43] [P65] and obeys KEEP_CONN", () => {
    const side = new ResponderSide();
    side.receive(head(2), begin(1, 1, 0), record(2, 1));
    expect([side.sentBytes(), side.closes]).toEqual([end(1), 0]);
    side.served[0]!.exchange.end();
    expect(side.closes).toBe(1);
  });
});

describe("management records", () => {
  const ALL = concat(pair("FCGI_MAX_CONNS", ""), pair("FCGI_MAX_REQS", ""), pair("FCGI_MPXS_CONNS", ""));

  function answer(side: ResponderSide, asked: Uint8Array): unknown {
    side.receive(record(9, 0, asked));
    const [found, ...rest] = side.sent();
    expect([found?.type, found?.id, rest]).toEqual([10, 0, []]);
    return Object.fromEntries(strictPairs(found!.content));
  }

  test("[P49] [P50] decimal numbers and 0 or 1, in one record with id 0", () => {
    const side = new ResponderSide({ maxConnections: 100, maxRequests: 2_000, multiplex: 20 });
    expect(answer(side, ALL)).toEqual({ FCGI_MAX_CONNS: "100", FCGI_MAX_REQS: "2000", FCGI_MPXS_CONNS: "1" });
    expect(answer(new ResponderSide({ multiplex: 1 }), ALL)).toEqual({ FCGI_MPXS_CONNS: "0" });
  });

  test("[P49] [P54] only what was asked for and is known; values and order do not matter", () => {
    const side = new ResponderSide({ maxRequests: 5 });
    expect(answer(side, concat(pair("X", "y"), pair("FCGI_MAX_REQS", "99")))).toEqual({ FCGI_MAX_REQS: "5" });
    expect(answer(side, concat(pair("toString", ""), pair("__proto__", ""), pair("fcgi_max_reqs", "")))).toEqual({});
  });

  test("[P53] an empty question gets an empty answer, and only one", () => {
    const side = new ResponderSide({ maxRequests: 5 });
    side.receive(record(9, 0));
    expect(side.sentBytes()).toEqual(hex("01 0A 0000 0000 00 00"));
  });

  test("[P54] [V2] names asked ten thousand times are answered once", () => {
    const side = new ResponderSide({ maxConnections: 1, maxRequests: 1 });
    const names = Array.from({ length: 3_400 }, () => pair("FCGI_MPXS_CONNS", ""));
    expect(answer(side, concat(...names))).toEqual({ FCGI_MPXS_CONNS: "1" });
    side.receive(record(9, 0, concat(ALL, ALL, ALL)));
    expect(strictPairs(side.sent()[0]!.content)).toHaveLength(3);
  });

  test("[P51] it is answered at any time: before a request, inside one, between its records, cut anywhere", () => {
    const question = record(9, 0, ALL, 7, 0xff);
    const bytes = concat(
      question,
      begin(1),
      question,
      record(4, 1),
      record(5, 1, "a"),
      question,
      record(5, 1, "b"),
      question,
    );
    for (const sizes of [[], [1], [7, 2]]) {
      const side = new ResponderSide();
      side.receive(...cut(bytes, sizes));
      expect(side.sent().map(({ type }) => type)).toEqual([10, 10, 10, 10]);
      expect([side.served.length, side.served[0]!.stdin]).toEqual([1, "ab"]);
    }
  });

  test.for(INCOMPLETE)("[P52] [P39] a question with %s is a protocol error", ([, bytes]) => {
    const side = new ResponderSide();
    side.receive(head(1), record(9, 0, bytes));
    expect(side.fatal.map((error) => error.code)).toEqual(["FCGI_ERR_BAD_NAME_VALUES"]);
    expect(side.served[0]!.aborts).toHaveLength(1);
  });

  test("[P52] a question in two records is two questions, each of them broken", () => {
    const side = new ResponderSide();
    side.receive(record(9, 0, ALL.subarray(0, 10)), record(9, 0, ALL.subarray(10)));
    expect(side.fatal.map((error) => error.code)).toEqual(["FCGI_ERR_BAD_NAME_VALUES"]);
  });

  test.for([0, 12, 99, 128, 255])("[P55] [TF05] type %i is answered by UNKNOWN_TYPE, and all goes on", (type) => {
    for (const content of ["", "12345678", "x".repeat(65_535)]) {
      const side = new ResponderSide();
      side.receive(head(1), record(type, 0, content, 3, 0xff), record(5, 1, "x"));
      const expected = new Uint8Array(8);
      expected[0] = type;
      expect(side.sentBytes()).toEqual(record(11, 0, expected));
      expect([side.served[0]!.stdin, side.fatal]).toEqual(["x", []]);
    }
  });

  test("[P56] answers that nobody asked for are not answered: two ends would play ping-pong", () => {
    const side = new ResponderSide();
    side.receive(
      record(11, 0, hex("0B 00000000000000")),
      record(11, 0),
      record(10, 0, pair("A", "b")),
      record(10, 0, "broken"),
    );
    expect([side.sentBytes(), side.fatal]).toEqual([EMPTY, []]);
    side.receive(head(1));
    expect(side.served).toHaveLength(1);
  });

  test("records of requests cost no array for management content", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    const stdin = concat(...Array.from({ length: 500 }, () => record(5, 1, "body")));
    const handler = side.served[0]!;
    handler.onStdin = (): void => {};
    expect(countAllocations(() => side.receive(stdin))).toEqual({ arrays: 0, bytes: 0, views: 0, moved: 0 });
  });
});
