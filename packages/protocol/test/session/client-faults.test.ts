import { describe, expect, test } from "vitest";

import { FastCGIError } from "../../src/errors.ts";
import { failure } from "../failure.ts";
import { begin, concat, cut, end, latin1, pattern, record } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";
import type { Call } from "./client-side.ts";

/** A side with one request that has sent everything. */
function waiting(multiplex = 1): { side: ClientSide; call: Call } {
  const side = new ClientSide({ multiplex });
  const call = side.begin();
  call.exchange.endStdin();
  side.sent();
  return { side, call };
}

describe("records that an application may not send", () => {
  const forbidden: readonly (readonly [string, Uint8Array, string])[] = [
    ["BEGIN_REQUEST", begin(1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["ABORT_REQUEST", record(2, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["PARAMS", record(4, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDIN", record(5, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["DATA", record(8, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["an application type that does not exist", record(12, 1), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDOUT for an id that was never used", record(6, 3, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["empty STDOUT for an id that was never used", record(6, 3), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["END_REQUEST for an id that was never used", end(3), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDOUT for id 65,535", record(6, 65_535, "x"), "FCGI_ERR_UNEXPECTED_RECORD"],
    ["STDOUT with id 0", record(6, 0, "x"), "FCGI_ERR_BAD_RECORD"],
    ["STDERR with id 0", record(7, 0), "FCGI_ERR_BAD_RECORD"],
    ["END_REQUEST with id 0", end(0), "FCGI_ERR_BAD_RECORD"],
    ["END_REQUEST of 0 bytes", record(3, 1), "FCGI_ERR_BAD_RECORD"],
    ["END_REQUEST of 7 bytes", record(3, 1, pattern(7)), "FCGI_ERR_BAD_RECORD"],
    ["GET_VALUES_RESULT with an id", record(10, 1), "FCGI_ERR_BAD_RECORD"],
    ["UNKNOWN_TYPE of 0 bytes", record(11, 0), "FCGI_ERR_BAD_RECORD"],
    ["UNKNOWN_TYPE of 7 bytes", record(11, 0, pattern(7)), "FCGI_ERR_BAD_RECORD"],
    ["HTTP", latin1("HTTP/1.1 400 Bad Request\r\n"), "FCGI_ERR_NOT_FASTCGI"],
    ["text", latin1("Content-Type: text/html\r\n\r\n"), "FCGI_ERR_BAD_VERSION"],
  ];

  test.for(forbidden)("[P19] [P27] [P56] [P96] [V8] [TF03] [TF04] [TF06] %s", ([, bytes, code]) => {
    for (const sizes of [[], [1]]) {
      const { side, call } = waiting(2);
      const other = side.begin();
      side.receive(record(6, 1, "so far"), ...cut(bytes, sizes));
      expect(side.fatal.map((error) => error.code)).toEqual([code]);
      for (const { error, endings } of [call, other]) expect([error?.code, endings]).toEqual([code, 1]);
      expect([call.stdout, call.error?.requestId, other.error?.requestId]).toEqual(["so far", 1, 2]);
      side.receive(record(6, 1, "more"), end(1));
      expect([call.stdout, call.endings, side.fatal.length]).toEqual(["so far", 1, 1]);
      expect([side.session.available, side.session.reusable, side.session.active]).toEqual([false, false, 0]);
    }
  });
});

describe("records after END_REQUEST", () => {
  /** Bytes between two requests, and what becomes of the connection. */
  const strays: readonly (readonly [string, Uint8Array, "free" | "spent" | "failed"])[] = [
    ["empty STDOUT", record(6, 1), "free"],
    ["padded empty STDERR", record(7, 1, "", 255, 0x01), "free"],
    ["empty STDOUT and STDERR", concat(record(6, 1), record(7, 1)), "free"],
    ["a second END_REQUEST", end(1), "spent"],
    ["a second END_REQUEST, and a short one", concat(end(1), record(3, 1, "x")), "spent"],
    ["STDOUT", record(6, 1, "HTTP/1.1 200 poisoned"), "failed"],
    ["STDERR", record(7, 1, "x"), "failed"],
    ["STDOUT and a second END_REQUEST", concat(record(6, 1, "poison"), end(1)), "failed"],
    ["STDOUT of the id that would come next", record(6, 2, "poison"), "failed"],
    ["a record of no known type", record(99, 1), "failed"],
    ["a management record that nobody asked for", record(10, 0, "\u0001\u0000A"), "spent"],
    ["a management record of no known type", record(99, 0, "x"), "spent"],
    ["text", latin1("Fatal error: out of memory"), "failed"],
  ];

  function expectState(side: ClientSide, state: "free" | "spent" | "failed"): void {
    expect([side.session.reusable, side.fatal.length]).toEqual([state === "free", state === "failed" ? 1 : 0]);
    if (state === "free") {
      const next = side.begin();
      next.exchange.endStdin();
      side.receive(record(6, 1, "clean"), end(1));
      expect([next.told, next.endings]).toEqual([["stdout:clean"], 1]);
    } else {
      expect(side.session.available).toBe(false);
      expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
    }
  }

  test.for(strays)("[P67] [P97] [V16] [V17] [TF08] [TF20] %s in the chunk of END_REQUEST", ([, bytes, state]) => {
    const { side, call } = waiting();
    side.receive(concat(record(6, 1, "page"), end(1), bytes));
    expect([call.stdout, call.endings, call.error]).toEqual(["page", 1, undefined]);
    expectState(side, state);
  });

  test.for(strays)("[P97] [V17] [TF20] %s on the idle connection", ([, bytes, state]) => {
    for (const sizes of [[], [1]]) {
      const { side, call } = waiting();
      side.receive(end(1), ...cut(bytes, sizes));
      expect([call.stdout, call.endings]).toEqual(["", 1]);
      expectState(side, state);
    }
  });

  test("[P97] [V17] while the rest of a stray record is on the way no request begins", () => {
    const stray = record(6, 1, "poison", 4);
    for (let at = 1; at < 8; at++) {
      const { side } = waiting();
      side.receive(end(1), stray.subarray(0, at));
      expect(side.session.available).toBe(false);
      expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
      side.receive(stray.subarray(at));
      expect([side.fatal.length, side.session.active]).toEqual([1, 0]);
    }
  });

  test("[V16] [V17] no request begins from inside a handler: the rest of the chunk would be taken for its answer", () => {
    const side = new ClientSide();
    let refused: FastCGIError | undefined;
    side.session.begin(
      { role: 1, keepConn: true, params: {} },
      {
        onStdout: () => {},
        onStderr: () => {},
        onEnd: () => {
          refused = failure(() => side.begin());
        },
        onError: () => {},
      },
    );
    side.receive(concat(end(1), record(6, 1)));
    expect(refused?.code).toBe("FCGI_ERR_CLOSED");
    expect(side.calls).toEqual([]);
    expect(side.fatal).toEqual([]);
  });

  test("[P70] [C32] an answer before the end of STDIN: whoever serves one request at a time is not used again", () => {
    const alone = new ClientSide();
    const call = alone.begin();
    call.exchange.writeStdin(latin1("half"));
    alone.receive(record(6, 1, "413"), end(1));
    expect([call.stdout, call.endings, call.error]).toEqual(["413", 1, undefined]);
    expectState(alone, "spent");

    const shared = new ClientSide({ multiplex: 2 });
    shared.begin().exchange.writeStdin(latin1("half"));
    shared.receive(end(1));
    expectState(shared, "free"); // an application that multiplexes ignores the rest by its id
  });

  test("[P70] [P84] a Filter's DATA counts as unfinished too", () => {
    const side = new ClientSide();
    const { exchange } = side.begin({ role: 3 });
    exchange.endStdin();
    side.receive(end(1));
    expectState(side, "spent");
  });
});

describe("the end of the connection", () => {
  const ANSWER = concat(record(7, 1, "e", 7), record(6, 1, "page", 4), record(6, 2, "other", 3), end(1));

  test("[P18] [V10] [TF16] at each byte: an error for each request that has not ended, once", () => {
    const borders = [0, 16, 32, 48, ANSWER.length];
    for (let at = 0; at <= ANSWER.length; at++) {
      const { side, call } = waiting(2);
      const other = side.begin();
      side.receive(ANSWER.subarray(0, at));
      side.session.receiveEnd();
      const code = borders.includes(at) ? "FCGI_ERR_SOCKET" : "FCGI_ERR_TRUNCATED";
      expect([call.error?.code, call.endings]).toEqual([at === ANSWER.length ? undefined : code, 1]);
      expect([other.error?.code, other.endings]).toEqual([code, 1]);
      expect(side.fatal.map((error) => error.code)).toEqual([code]);
      side.session.receiveEnd();
      side.session.fail(new FastCGIError("FCGI_ERR_SOCKET", "again"));
      expect([call.endings, other.endings, side.fatal.length]).toEqual([1, 1, 1]);
    }
  });

  test("[TF21] after END_REQUEST it is no fault, but no request begins any more", () => {
    const { side, call } = waiting();
    side.receive(end(1));
    side.session.receiveEnd();
    expect([call.endings, call.error, side.fatal]).toEqual([1, undefined, []]);
    expect([side.session.reusable, side.session.available]).toEqual([false, false]);
    expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
  });

  test("[P18] inside a record on an idle connection it is", () => {
    const { side } = waiting();
    side.receive(end(1), record(6, 1).subarray(0, 5));
    side.session.receiveEnd();
    expect(side.fatal.map((error) => error.code)).toEqual(["FCGI_ERR_TRUNCATED"]);
  });

  test("every request gets an error of its own, with its id and the address, before onFatal", () => {
    const order: string[] = [];
    const side = new ClientSide({
      multiplex: 2,
      address: "unix:/run/app.sock",
      onFatal: (error) => order.push(`fatal ${error.address}`),
    });
    for (const turn of [1, 2]) {
      side.session.begin(
        { role: 1, keepConn: true, params: {} },
        {
          onStdout: () => {},
          onStderr: () => {},
          onEnd: () => {},
          onError: (error) => order.push(`${turn} ${error.requestId} ${error.address} ${error.code}`),
        },
      );
    }
    side.session.fail(new FastCGIError("FCGI_ERR_BODY_TIMEOUT", "slow"));
    expect(order).toEqual([
      "1 1 unix:/run/app.sock FCGI_ERR_BODY_TIMEOUT",
      "2 2 unix:/run/app.sock FCGI_ERR_BODY_TIMEOUT",
      "fatal unix:/run/app.sock",
    ]);
  });

  test("fail() from inside a handler: the rest of the chunk reaches nobody", () => {
    const side = new ClientSide({ multiplex: 2 });
    side.session.requestValues();
    side.session.begin(
      { role: 1, keepConn: true, params: {} },
      {
        onStdout: () => side.session.fail(new FastCGIError("FCGI_ERR_DESTROYED", "enough")),
        onStderr: () => {},
        onEnd: () => {},
        onError: () => {},
      },
    );
    const other = side.begin();
    side.receive(concat(record(6, 1, "x"), record(10, 0, "\u0001\u0000A"), end(2), record(6, 2, "y"), record(12, 1)));
    expect([other.told, other.endings, other.error?.code]).toEqual([[], 1, "FCGI_ERR_DESTROYED"]);
    expect([side.values, side.fatal.map((error) => error.code)]).toEqual([[], ["FCGI_ERR_DESTROYED"]]);
  });

  test("what a handler throws fails the connection, with the cause, and does not come out of receive", () => {
    const side = new ClientSide({ multiplex: 2 });
    const cause = new TypeError("mine");
    side.session.begin(
      { role: 1, keepConn: true, params: {} },
      {
        onStdout: () => {
          throw cause;
        },
        onStderr: () => {},
        onEnd: () => {},
        onError: () => {},
      },
    );
    const other = side.begin();
    expect(() => side.receive(record(6, 1, "x"))).not.toThrow();
    expect(side.fatal[0]?.cause).toBe(cause);
    expect([other.endings, other.error?.cause]).toEqual([1, cause]);
  });
});
