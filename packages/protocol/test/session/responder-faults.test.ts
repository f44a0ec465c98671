import { describe, expect, test } from "vitest";

import { FastCGIError } from "../../src/errors.ts";
import { begin, concat, cut, end, head, latin1, pair, pattern, record } from "../vectors/wire.ts";
import { ResponderSide } from "./responder-side.ts";

const EMPTY = new Uint8Array(0);

describe("records that a web server may not send", () => {
  /** What stands before the bad record, the bad record, the code. */
  const forbidden: readonly (readonly [string, Uint8Array, Uint8Array, string])[] = [
    ["BEGIN_REQUEST for an id whose PARAMS are coming", begin(1), begin(1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["BEGIN_REQUEST for an id that runs", head(1), begin(1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["BEGIN_REQUEST of 0 bytes", EMPTY, record(1, 1), "FCGI_ERR_BAD_RECORD"],
    ["BEGIN_REQUEST of 7 bytes", EMPTY, record(1, 1, pattern(7)), "FCGI_ERR_BAD_RECORD"],
    ["BEGIN_REQUEST with id 0", EMPTY, begin(0), "FCGI_ERR_BAD_RECORD"],
    ["ABORT_REQUEST with id 0", EMPTY, record(2, 0), "FCGI_ERR_BAD_RECORD"],
    ["STDIN with id 0", EMPTY, record(5, 0, "x"), "FCGI_ERR_BAD_RECORD"],
    ["GET_VALUES with an id", EMPTY, record(9, 1), "FCGI_ERR_BAD_RECORD"],
    ["STDIN before the end of PARAMS", begin(1), record(5, 1, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["empty STDIN before the end of PARAMS", begin(1), record(5, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["DATA before the end of PARAMS", begin(1, 3), record(8, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["PARAMS after their end", head(1), record(4, 1, pair("A", "b")), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["empty PARAMS after their end", head(1), record(4, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDIN after its end", concat(head(1), record(5, 1)), record(5, 1, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["DATA for a Responder", concat(head(1), record(5, 1)), record(8, 1, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["DATA before the end of STDIN", head(1, {}, 3), record(8, 1, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    [
      "STDIN after DATA has begun",
      concat(head(1, {}, 3), record(5, 1), record(8, 1, "x")),
      record(5, 1, "x"),
      "FCGI_ERR_UNEXPECTED_RECORD",
    ],
    [
      "DATA after its end",
      concat(head(1, {}, 3), record(5, 1), record(8, 1)),
      record(8, 1, "x"),
      "FCGI_ERR_UNEXPECTED_RECORD",
    ],
    ["END_REQUEST", head(1), end(1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDOUT", head(1), record(6, 1, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDERR", begin(1), record(7, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["an application type that does not exist", head(1), record(77, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    [
      "params that end inside a pair",
      begin(1),
      concat(record(4, 1, "\u0005"), record(4, 1)),
      "FCGI_ERR_BAD_NAME_VALUES",
    ],
    [
      "params that claim 2 GiB",
      begin(1),
      concat(record(4, 1, "\u00ff\u00ff\u00ff\u00ff\u0001a"), record(4, 1)),
      "FCGI_ERR_BAD_NAME_VALUES",
    ],
    ["an HTTP request", EMPTY, latin1("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "FCGI_ERR_BAD_VERSION"],
  ];

  test.for(forbidden)("[P19] [P23] [P26] [P27] [P39] [P56] [P75] [TF03] [TF13] [TF26] %s", ([, before, bad, code]) => {
    for (const sizes of [[], [1]]) {
      const side = new ResponderSide({ roles: [1, 3], address: "unix:/s" });
      side.receive(head(50), before);
      const began = side.served.length;
      side.receive(...cut(concat(bad, head(60)), sizes));
      expect(side.fatal.map((error) => [error.code, error.address])).toEqual([[code, "unix:/s"]]);
      expect(side.served).toHaveLength(began);
      for (const { aborts, exchange } of side.served) {
        expect(aborts.map((error) => error.code)).toEqual([code]);
        expect([exchange.aborted, exchange.ended]).toEqual([true, true]);
        exchange.writeStdout(latin1("late"));
        exchange.end();
      }
      side.receive(head(70));
      expect([side.served.length, side.fatal.length, side.closes, side.sentBytes()]).toEqual([began, 1, 0, EMPTY]);
      expect([side.session.active, side.session.receiving]).toEqual([0, false]);
    }
  });

  test("[P42] [V12] [TF28] the limit of bytes is per request, exact, and enforced while they come", () => {
    const side = new ResponderSide({ maxParamsBytes: 1_000 });
    const most = pair("A", "x".repeat(1_000 - 6));
    side.receive(begin(1), record(4, 1, most), begin(2), record(4, 2, most), record(4, 1), record(4, 2));
    expect([side.served.length, side.fatal]).toEqual([2, []]);
    side.receive(begin(3), record(4, 3, most), record(4, 3, "x"));
    expect(side.fatal.map((error) => error.code)).toEqual(["FCGI_ERR_PARAMS_OVERFLOW"]);
  });

  test("[P42] by default 256 KiB and 1000 params", () => {
    const side = new ResponderSide();
    const thousand = concat(...Array.from({ length: 1_000 }, () => pair("A", "")));
    side.receive(begin(1), record(4, 1, thousand), record(4, 1));
    const half = pair("B", "x".repeat(65_000));
    side.receive(begin(2), ...[1, 2, 3, 4].map(() => record(4, 2, half)), record(4, 2));
    expect([side.served.length, side.fatal]).toEqual([2, []]);
    side.receive(begin(3), record(4, 3, concat(thousand, pair("A", ""))), record(4, 3));
    expect(side.fatal.map((error) => error.code)).toEqual(["FCGI_ERR_PARAMS_OVERFLOW"]);
    const bytes = new ResponderSide();
    bytes.receive(begin(1), ...[1, 2, 3, 4, 5].map(() => record(4, 1, half)));
    expect(bytes.fatal.map((error) => error.code)).toEqual(["FCGI_ERR_PARAMS_OVERFLOW"]);
  });
});

describe("aborts", () => {
  const stages: readonly (readonly [string, Uint8Array])[] = [
    ["after PARAMS", EMPTY],
    ["inside STDIN", record(5, 1, "half")],
    ["after STDIN", record(5, 1)],
    ["inside DATA", concat(record(5, 1), record(8, 1, "half"))],
    ["after DATA", concat(record(5, 1), record(8, 1))],
  ];

  test.for(stages)("[P63] [P64] %s the application is told, once, and ends the request itself", ([, before]) => {
    for (const content of ["", "ignored"]) {
      const side = new ResponderSide({ roles: [3], address: "fd:0" });
      side.receive(head(1, {}, 3), head(2, {}, 3), before, record(2, 1, content), record(2, 1));
      const [served, other] = side.served;
      expect(served!.aborts.map(({ code, requestId, address }) => [code, requestId, address])).toEqual([
        ["FCGI_ERR_ABORTED", 1, "fd:0"],
      ]);
      expect([served!.exchange.aborted, served!.exchange.ended, side.session.active]).toEqual([true, false, 2]);
      expect([other!.aborts, other!.exchange.aborted, side.sentBytes()]).toEqual([[], false, EMPTY]);
      served!.exchange.writeStdout(latin1("what was ready"));
      served!.exchange.end(1);
      expect(side.sent().map(({ type, id }) => [type, id])).toEqual([
        [6, 1],
        [6, 1],
        [3, 1],
      ]);
      expect([side.session.active, side.fatal]).toEqual([1, []]);
    }
  });

  test("[P76] a body that was cut short never counts as complete", () => {
    const ways: ((side: ResponderSide) => void)[] = [
      (side) => side.receive(record(2, 1)),
      (side) => side.session.receiveEnd(),
      (side) => side.session.fail(new FastCGIError("FCGI_ERR_SOCKET", "reset")),
    ];
    for (const way of ways) {
      const side = new ResponderSide();
      side.receive(head(1), record(5, 1, "half"));
      way(side);
      expect(side.served[0]!.told).toEqual(["stdin", expect.stringMatching(/^abort /)]);
    }
  });

  test("[P63] an application may end the request at once", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    const served = side.served[0]!;
    served.onAbort = (): void => served.exchange.end(2);
    side.receive(record(2, 1), record(2, 1));
    expect([side.sentBytes(), side.session.active]).toEqual([concat(record(6, 1), end(1, 2)), 0]);
  });

  test("[P65] an abort after the end is ignored", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    side.served[0]!.exchange.end();
    side.sentBytes();
    side.receive(record(2, 1));
    expect([side.served[0]!.aborts, side.sentBytes(), side.fatal]).toEqual([[], EMPTY, []]);
  });
});

describe("the end of the connection", () => {
  const bytes = concat(head(1, { A: "b" }), record(5, 1, "half", 3), begin(2), record(4, 2, pair("A", "b"), 4));

  test("[P18] [P46] [TF16] [TF30] at each byte: running requests are aborted once, unfinished ones forgotten", () => {
    const borders = new Set([0, 16, 28, 36, 51, 67, 83]);
    expect(bytes).toHaveLength(83);
    for (let at = 0; at <= bytes.length; at++) {
      const side = new ResponderSide();
      side.receive(bytes.subarray(0, at));
      side.session.receiveEnd();
      side.session.receiveEnd();
      const truncated = !borders.has(at);
      expect(side.served).toHaveLength(at >= 36 ? 1 : 0);
      expect(side.fatal.map((error) => error.code)).toEqual(truncated ? ["FCGI_ERR_TRUNCATED"] : []);
      for (const { aborts, exchange } of side.served) {
        expect(aborts.map((error) => error.code)).toEqual([truncated ? "FCGI_ERR_TRUNCATED" : "FCGI_ERR_SOCKET"]);
        expect([exchange.aborted, exchange.ended]).toEqual([true, truncated]);
        expect(side.closes).toBe(0);
        exchange.end();
      }
      expect([side.closes, side.session.active, side.session.receiving]).toEqual([truncated ? 0 : 1, 0, false]);
    }
  });

  test("[P47] after a half-close the answer may still be sent, then the connection goes", () => {
    const side = new ResponderSide();
    side.receive(head(1), record(5, 1), head(2));
    side.session.receiveEnd();
    const [first, second] = side.served.map(({ exchange }) => exchange);
    first!.writeStdout(latin1("page"));
    first!.end();
    expect(side.closes).toBe(0);
    second!.end();
    expect(side.closes).toBe(1);
    expect(side.sent().filter(({ type }) => type === 3)).toHaveLength(2);
  });

  test("[P46] applications that end their request in onAbort close the connection once", () => {
    const side = new ResponderSide({}, (served) => {
      served.onAbort = (): void => served.exchange.end();
    });
    side.receive(head(1), head(2), begin(3), head(4));
    side.session.receiveEnd();
    expect([side.closes, side.session.active]).toEqual([1, 0]);
    expect(side.sent().map(({ id }) => id)).toEqual([1, 1, 2, 2, 4, 4]);
  });

  test("fail() tells every request, and nothing comes in or goes out any more", () => {
    const side = new ResponderSide({ address: "tcp://h:1" });
    side.receive(head(1), head(2), begin(3));
    side.served[0]!.exchange.end();
    side.sentBytes();
    const error = new FastCGIError("FCGI_ERR_SOCKET", "reset");
    side.session.fail(error);
    side.session.fail(error);
    side.session.receiveEnd();
    expect(side.served.map(({ aborts }) => aborts.length)).toEqual([0, 1]);
    expect(side.served.every(({ exchange }) => exchange.ended)).toBe(true);
    side.served[1]!.exchange.writeStdout(latin1("late"));
    side.served[1]!.exchange.end();
    side.receive(head(4));
    expect([side.fatal, side.closes, side.sentBytes(), side.served.length]).toEqual([[error], 0, EMPTY, 2]);
    expect([error.address, side.session.receiving]).toEqual(["tcp://h:1", false]);
  });

  test("fail() from inside a handler: nothing else of the chunk begins", () => {
    const side = new ResponderSide({}, ({ exchange }) => {
      if (exchange.id === 1) side.session.fail(new FastCGIError("FCGI_ERR_DESTROYED", "enough"));
    });
    side.receive(concat(head(1), record(5, 1, "x"), record(5, 1), head(2), record(12, 0), record(9, 0)));
    expect([side.served.length, side.fatal.length, side.sentBytes()]).toEqual([1, 1, EMPTY]);
    expect(side.served[0]!.told).toEqual([]);
  });

  test("[TF31] what a handler throws fails the connection, with the cause, and does not come out of receive", () => {
    const cause = new TypeError("mine");
    const side = new ResponderSide({}, ({ exchange }) => {
      if (exchange.id === 2) throw cause;
    });
    side.receive(head(1));
    expect(() => side.receive(head(2))).not.toThrow();
    expect(side.fatal[0]?.cause).toBe(cause);
    expect(side.served[0]!.aborts).toHaveLength(1);
  });
});
