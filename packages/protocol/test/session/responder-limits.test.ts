// What one connection may cost an application: each limit with its default, its exact value and its answer.
import { describe, expect, test } from "vitest";

import { FastCGIError } from "../../src/errors.ts";
import { countAllocations } from "../counting.ts";
import { failure } from "../failure.ts";
import { begin, concat, cut, end, head, pair, pattern, record } from "../vectors/wire.ts";
import { ResponderSide } from "./responder-side.ts";

describe("requests of one connection", () => {
  test("[V12] [TF28] when the last one has ended the connection is closed, although it was to be kept", () => {
    const side = new ResponderSide({ maxRequestsPerConnection: 3 });
    for (let request = 1; request <= 3; request++) {
      expect(side.closes).toBe(0);
      side.receive(head(1));
      side.served.at(-1)!.exchange.end();
      expect(side.sentBytes()).toEqual(concat(record(6, 1), end(1)));
    }
    expect([side.closes, side.fatal]).toEqual([1, []]);
    side.receive(head(1));
    expect([side.served.length, side.sentBytes().length]).toEqual([3, 0]);
  });

  test("[V12] [TF28] [P61] [P62] one that comes while the last one runs gets OVERLOADED, and the others go on", () => {
    const side = new ResponderSide({ maxRequestsPerConnection: 2 });
    side.receive(head(1), head(2), head(3), record(5, 3, "x"), record(5, 3), head(4), record(5, 1, "mine"));
    expect(side.sentBytes()).toEqual(concat(end(3, 0, 2), end(4, 0, 2)));
    expect([side.served.map(({ stdin }) => stdin), side.closes]).toEqual([["mine", ""], 0]);
    side.served[0]!.exchange.end();
    expect(side.closes).toBe(0);
    side.served[1]!.exchange.end();
    expect([side.closes, side.fatal]).toEqual([1, []]);
  });

  test("[V12] refused ones count, and the connection goes when the last one is refused", () => {
    const side = new ResponderSide({ maxRequestsPerConnection: 3 });
    side.receive(head(1, {}, 9), head(1, {}, 9));
    expect(side.closes).toBe(0);
    side.receive(head(1, {}, 9), head(2));
    expect([side.closes, side.served, side.sentBytes()]).toEqual([
      1,
      [],
      concat(end(1, 0, 3), end(1, 0, 3), end(1, 0, 3)),
    ]);
  });

  test("[V12] one that is aborted before the end of its PARAMS counts, too", () => {
    const side = new ResponderSide({ maxRequestsPerConnection: 1 });
    side.receive(begin(1), record(2, 1));
    expect([side.sentBytes(), side.closes]).toEqual([end(1), 1]);
  });

  test("[V12] [TF28] 70,000 requests one after the other are fine by default", () => {
    const side = new ResponderSide({}, ({ exchange }) => exchange.end());
    const chunk = concat(...Array.from({ length: 1_000 }, () => head(1)));
    for (let turn = 0; turn < 70; turn++) {
      side.receive(chunk);
      side.served.length = 0;
      side.output.take();
    }
    expect([side.closes, side.fatal]).toEqual([0, []]);
  });
});

describe("params over a limit", () => {
  const cases: readonly (readonly [string, object, Uint8Array])[] = [
    ["bytes", { maxParamsBytes: 99 }, record(4, 2, pair("A", "x".repeat(97)))],
    ["params", { maxParams: 2 }, concat(record(4, 2, concat(...[1, 2, 3].map(() => pair("A", "")))), record(4, 2))],
    ["bytes of one param", { maxParamBytes: 99 }, concat(record(4, 2, pair("A", "x".repeat(97))), record(4, 2))],
    ["bytes of unfinished requests", { maxBufferedBytes: 149 }, record(4, 2, pattern(100))],
  ];

  test.for(cases)(
    "[P42] [V12] [TF28] %s: END_REQUEST with OVERLOADED, then the connection fails",
    ([, limit, bytes]) => {
      for (const sizes of [[], [1]]) {
        const side = new ResponderSide({ ...limit, address: "unix:/s" });
        side.receive(begin(1), record(4, 1, pattern(50)), begin(2, 1, 1));
        side.receive(...cut(concat(bytes, record(5, 2, "x"), head(3)), sizes));
        expect(side.fatal.map(({ code, requestId, address }) => [code, requestId, address])).toEqual([
          ["FCGI_ERR_PARAMS_OVERFLOW", 2, "unix:/s"],
        ]);
        expect(side.sentBytes()).toEqual(end(2, 0, 2));
        expect([side.served, side.closes, side.session.active, side.session.receiving]).toEqual([[], 0, 0, false]);
      }
    },
  );

  test("[P42] running requests are told, and get no END_REQUEST any more", () => {
    const side = new ResponderSide({ maxParamsBytes: 10 });
    side.receive(head(1), begin(2), record(4, 2, pattern(11)));
    expect(side.served[0]!.aborts.map(({ code }) => code)).toEqual(["FCGI_ERR_PARAMS_OVERFLOW"]);
    side.served[0]!.exchange.end();
    expect(side.sentBytes()).toEqual(end(2, 0, 2));
  });

  test("[TF31] an application that throws such an error itself gets no END_REQUEST out of it", () => {
    const side = new ResponderSide({}, (served) => {
      served.onStdin = (): never => {
        throw new FastCGIError("FCGI_ERR_PARAMS_OVERFLOW", "of another connection");
      };
    });
    side.receive(head(1), record(5, 1, "x"));
    expect([side.fatal.length, side.sentBytes().length]).toEqual([1, 0]);
  });

  test("[P39] params that are malformed get no such answer: nothing is overloaded", () => {
    const side = new ResponderSide();
    side.receive(begin(1), record(4, 1, "\x05"), record(4, 1));
    expect([side.fatal.map(({ code }) => code), side.sentBytes().length]).toEqual([["FCGI_ERR_BAD_NAME_VALUES"], 0]);
  });

  test("[P42] a pair of just 65,535 bytes is taken by default, a larger one is not", () => {
    for (const [size, code] of [
      [65_535, undefined],
      [65_536, "FCGI_ERR_PARAMS_OVERFLOW"],
    ] as const) {
      const bytes = pair("A", "x".repeat(size - 6));
      expect(bytes).toHaveLength(size);
      const side = new ResponderSide();
      side.receive(
        begin(1),
        record(4, 1, bytes.subarray(0, 65_000)),
        record(4, 1, bytes.subarray(65_000)),
        record(4, 1),
      );
      expect(side.fatal[0]?.code).toBe(code);
      expect(side.served).toHaveLength(code === undefined ? 1 : 0);
    }
  });

  test("[V12] the params of all unfinished requests together: exact, 1 MiB by default; what is complete no longer counts", () => {
    const side = new ResponderSide({ maxBufferedBytes: 200 });
    const most = pair("A", "x".repeat(97));
    for (let turn = 0; turn < 5; turn++) {
      side.receive(begin(1), record(4, 1, most), begin(2), record(4, 2, most), record(2, 2), record(4, 1));
      side.served.at(-1)!.exchange.end();
    }
    expect([side.served.length, side.fatal]).toEqual([5, []]);
    side.receive(begin(1), record(4, 1, most), begin(2), record(4, 2, most));
    expect(side.fatal).toEqual([]);
    side.receive(begin(3), record(4, 3, "x"));
    expect(side.fatal[0]?.code).toBe("FCGI_ERR_PARAMS_OVERFLOW");

    const mebi = new ResponderSide();
    for (const id of [1, 2, 3, 4]) {
      mebi.receive(begin(id), ...[1, 2, 3, 4].map(() => record(4, id, pattern(65_535))), record(4, id, pattern(4)));
    }
    expect([mebi.session.active, mebi.fatal]).toEqual([4, []]);
    mebi.receive(begin(5), record(4, 5, "x"));
    expect(mebi.fatal[0]?.code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
  });

  test("[V12] a request may have all that its own limit allows, if that is more than 1 MiB", () => {
    const side = new ResponderSide({ maxParamsBytes: 2 ** 21, maxParams: 1e6 });
    const pairs = concat(...Array.from({ length: 60 }, () => pair("A", "x".repeat(1_000))));
    side.receive(begin(1), ...Array.from({ length: 30 }, () => record(4, 1, pairs)), record(4, 1));
    expect([side.served.length, side.fatal]).toEqual([1, []]);
  });

  test("[V12] [TF28] 1 GB of PARAMS that never end costs no more than the limit", () => {
    const side = new ResponderSide();
    const chunk = concat(...Array.from({ length: 16 }, () => record(4, 1, pattern(65_535))));
    side.receive(begin(1));
    const allocated = countAllocations(() => {
      for (let sent = 0; sent < 1e9; sent += chunk.length) side.receive(chunk);
    });
    expect(allocated.bytes).toBeLessThan(4 * 262_144);
    expect([side.fatal.length, side.output.pendingBytes]).toEqual([1, 16]);
  });
});

describe("answers that the peer does not read", () => {
  /** What is asked, of an application that runs so many requests, and the bytes of the answer. */
  const questions: readonly (readonly [string, Uint8Array, number, number])[] = [
    ["refusals", begin(2), 1, 16],
    ["UNKNOWN_TYPE", record(99, 0), 2, 16],
    ["GET_VALUES_RESULT", record(9, 0), 2, 8],
    ["the ends of requests that were aborted early", concat(begin(3), record(2, 3)), 2, 16],
  ];

  test.for(questions)("[V2] [V12] [TF28] %s: over the limit the connection fails", ([, question, multiplex, size]) => {
    const side = new ResponderSide({ multiplex, maxBufferedBytes: 160 });
    side.receive(begin(1));
    for (let bytes = size; bytes <= 160; bytes += size) side.receive(question);
    expect([side.fatal, side.output.pendingBytes]).toEqual([[], 160]);
    side.receive(question, question);
    expect(side.fatal.map(({ code }) => code)).toEqual(["FCGI_ERR_SEND_TIMEOUT"]);
    expect(side.output.pendingBytes).toBe(160 + size);
  });

  test("[V12] a transport that takes them may take any number", () => {
    const side = new ResponderSide({ multiplex: 1, maxBufferedBytes: 160 });
    side.receive(begin(1));
    for (let id = 2; id < 2_000; id++) {
      side.receive(begin(id));
      if (id % 10 === 0) side.output.take();
    }
    expect(side.fatal).toEqual([]);
  });

  test("[V12] what the application writes does not count", () => {
    const side = new ResponderSide({ multiplex: 1, maxBufferedBytes: 160 });
    side.receive(head(1));
    side.served[0]!.exchange.writeStdout(pattern(500_000));
    side.receive(begin(2));
    expect(side.fatal).toEqual([]);
  });

  test("[V12] by default it is 1 MiB", () => {
    const side = new ResponderSide({ multiplex: 1 });
    const chunk = concat(...Array.from({ length: 4_096 }, () => begin(2)));
    side.receive(begin(1));
    for (let turn = 0; turn < 16; turn++) side.receive(chunk);
    expect([side.fatal, side.output.pendingBytes]).toEqual([[], 1_048_576]);
    side.receive(begin(2));
    expect(side.fatal).toHaveLength(1);
  });
});

test.for(["multiplex", "maxRequestsPerConnection", "maxParamsBytes", "maxParams", "maxParamBytes", "maxBufferedBytes"])(
  "%s must be a positive integer: a limit that is NaN would be none",
  (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Infinity]) {
      const error = failure(() => new ResponderSide({ [name]: value }));
      expect([error.code, error.message.includes(name)]).toEqual(["FCGI_ERR_INVALID_ARGUMENT", true]);
    }
  },
);
