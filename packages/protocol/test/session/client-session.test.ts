import { describe, expect, test } from "vitest";

import { failure } from "../failure.ts";
import { begin, concat, cut, end, hex, latin1, pair, pattern, record } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";

const EMPTY = new Uint8Array(0);

describe("beginning requests", () => {
  test("[P24] [P21] ids are the lowest free ones; one comes free with its END_REQUEST, not before", () => {
    const side = new ClientSide({ multiplex: 10 });
    expect([1, 2, 3].map(() => side.begin().exchange.id)).toEqual([1, 2, 3]);
    side.receive(record(6, 2, "x"), record(6, 2), record(7, 2));
    expect(side.begin().exchange.id).toBe(4);
    side.receive(end(2));
    expect(side.begin().exchange.id).toBe(2);
    side.receive(end(3), end(1));
    expect([side.begin().exchange.id, side.begin().exchange.id, side.begin().exchange.id]).toEqual([1, 3, 5]);
  });

  test("[P71] [P74] [P75] [V10] BEGIN, PARAMS, their end, STDIN, its end; one END later the next one has id 1 again", () => {
    const side = new ClientSide();
    for (let turn = 0; turn < 3; turn++) {
      const { exchange } = side.begin({ params: { A: "b" } });
      exchange.writeStdin(latin1("body"));
      exchange.endStdin();
      expect(side.sentBytes()).toEqual(
        concat(begin(1), record(4, 1, pair("A", "b"), 4), record(4, 1), record(5, 1, "body", 4), record(5, 1)),
      );
      side.receive(end(1));
      expect([side.session.available, side.session.active]).toEqual([true, 0]);
    }
  });

  test("[P43] a request that is not kept is the last one", () => {
    const side = new ClientSide({ multiplex: 2 });
    side.begin({ keepConn: true });
    expect([side.session.available, side.session.reusable]).toEqual([true, true]);
    side.begin({ keepConn: false });
    expect(side.sent().map(({ type, content }) => [type, content[2]])).toEqual([
      [1, 1],
      [4, undefined],
      [1, 0],
      [4, undefined],
    ]);
    expect([side.session.available, side.session.reusable]).toEqual([false, false]);
    side.receive(end(1), end(2));
    expect([side.session.available, side.session.reusable]).toEqual([false, false]);
    expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
  });

  test("[P60] no more requests at once than the application can run; the limit may change meanwhile", () => {
    const side = new ClientSide({ multiplex: 2, address: "tcp://h:1" });
    side.begin();
    side.begin();
    expect(side.session.available).toBe(false);
    expect(failure(() => side.begin())).toMatchObject({ code: "FCGI_ERR_CLOSED", address: "tcp://h:1" });
    side.session.multiplex = 3;
    expect(side.begin().exchange.id).toBe(3);
    side.session.multiplex = 1;
    side.receive(end(1), end(2));
    expect([side.session.available, side.session.active]).toEqual([false, 1]);
    side.receive(end(3));
    expect(side.session.reusable).toBe(false); // it ended with an unfinished STDIN and is now the only one at a time
  });

  test("[P60] by default a connection runs one request at a time", () => {
    const side = new ClientSide();
    expect(side.session.multiplex).toBe(1);
    side.begin();
    expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
  });

  test("[P36] [P38] params that cannot be sent leave the connection as it was", () => {
    const side = new ClientSide();
    expect(failure(() => side.begin({ params: { A: "\u0000" } })).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    expect(failure(() => side.begin({ params: { A: "x".repeat(70_000) } })).code).toBe("FCGI_ERR_PARAM_TOO_LARGE");
    expect([side.session.active, side.session.available, side.sentBytes()]).toEqual([0, true, EMPTY]);
    expect(side.begin({ keepConn: false }).exchange.id).toBe(1);
  });

  test("[TF24] with all 65,535 ids in use there is no further one", () => {
    const side = new ClientSide({ multiplex: 100_000 });
    for (let count = 0; count < 65_535; count++) side.begin();
    expect(side.session.available).toBe(false);
    expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
    side.receive(end(300));
    expect(side.begin().exchange.id).toBe(300);
  });
});

describe("sending", () => {
  test("[P25] an empty write sends nothing; after the end of a stream nothing goes out", () => {
    const side = new ClientSide();
    const { exchange } = side.begin();
    side.sent();
    exchange.writeStdin(EMPTY);
    exchange.writeStdin(latin1("abc"), 1, 1);
    expect([exchange.stdinEnded, side.sentBytes()]).toEqual([false, EMPTY]);
    exchange.writeStdin(latin1("abc"), 1, 2);
    exchange.endStdin();
    exchange.endStdin();
    exchange.writeStdin(latin1("late"));
    expect([exchange.stdinEnded, side.sentBytes()]).toEqual([true, concat(record(5, 1, "b", 7), record(5, 1))]);
  });

  test("a body goes in records of 16 KiB: uWSGI does not wait for the rest of a longer one", () => {
    const side = new ClientSide();
    const { exchange } = side.begin();
    side.sent();
    const body = pattern(40_000);
    exchange.writeStdin(body);
    const records = side.sent();
    expect(records.map(({ content }) => content.length)).toEqual([16_376, 16_376, 7_248]);
    expect(concat(...records.map(({ content }) => content))).toEqual(body);
  });

  test("[P84] [P71] a Filter gets DATA after STDIN has ended", () => {
    const side = new ClientSide();
    const { exchange } = side.begin({ role: 3 });
    side.sent();
    exchange.writeStdin(latin1("q"));
    expect(failure(() => exchange.writeData(latin1("early"))).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    expect(failure(() => exchange.endData()).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    exchange.endStdin();
    expect(exchange.inputEnded).toBe(false);
    exchange.writeData(latin1("file"));
    exchange.writeData(EMPTY);
    exchange.endData();
    exchange.endData();
    exchange.writeData(latin1("late"));
    expect(exchange.inputEnded).toBe(true);
    expect(side.sentBytes()).toEqual(concat(record(5, 1, "q", 7), record(5, 1), record(8, 1, "file", 4), record(8, 1)));
  });

  test.for([1, 2] as const)("[P84] role %i has no DATA to send", (role) => {
    const side = new ClientSide();
    const { exchange } = side.begin({ role });
    exchange.endStdin();
    side.sent();
    expect(failure(() => exchange.writeData(latin1("x"))).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    expect(failure(() => exchange.endData()).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    expect([exchange.inputEnded, side.sentBytes()]).toEqual([true, EMPTY]);
  });

  test("[P70] [TF19] after END_REQUEST nothing more is sent for the request", () => {
    const side = new ClientSide({ multiplex: 2 });
    const { exchange } = side.begin({ role: 3 });
    side.receive(end(1));
    side.sent();
    exchange.writeStdin(latin1("x"));
    exchange.endStdin();
    exchange.writeData(latin1("x"));
    exchange.endData();
    exchange.abort();
    expect([exchange.ended, side.sentBytes()]).toEqual([true, EMPTY]);
  });
});

describe("the answer", () => {
  test("[P73] [P72] [P93] STDERR and STDOUT come in any order, and each may end by an empty record", () => {
    const side = new ClientSide();
    const call = side.begin();
    side.receive(
      record(7, 1, "warning\n"),
      record(6, 1, "head"),
      record(7, 1, "more", 4, 0xff),
      record(7, 1),
      record(6, 1, "body"),
      record(6, 1),
    );
    expect(call.told).toEqual(["stderr:warning\n", "stdout:head", "stderr:more", "stdout:body"]);
    expect([call.exchange.stdoutEnded, call.endings]).toEqual([true, 0]);
    side.receive(end(1));
    expect([call.end, call.endings]).toEqual([{ appStatus: 0, protocolStatus: 0 }, 1]);
  });

  test("[P26] STDOUT goes on after an empty STDOUT record: only END_REQUEST is the end", () => {
    const side = new ClientSide();
    const call = side.begin();
    side.receive(record(6, 1, "a"), record(6, 1), record(6, 1, "b"), record(7, 1), record(7, 1, "c"), end(1));
    expect([call.stdout, call.stderr, call.endings, side.fatal]).toEqual(["ab", "c", 1, []]);
  });

  test("[P68] [P95] END_REQUEST ends a request without any empty record, glued to the last STDOUT", () => {
    const side = new ClientSide();
    const call = side.begin();
    call.exchange.endStdin();
    side.receive(concat(record(6, 1, "page", 4), end(1)));
    expect([call.stdout, call.endings, call.exchange.stdoutEnded, side.session.available]).toEqual([
      "page",
      1,
      false,
      true,
    ]);
  });

  test("[TF08] END_REQUEST alone is an answer too", () => {
    const side = new ClientSide();
    const call = side.begin();
    side.receive(end(1));
    expect([call.told, call.endings]).toEqual([[], 1]);
  });

  test.for([
    [0, 0],
    [938, 0],
    [0x80000000, 0],
    [0xffffffff, 0],
    [0, 1],
    [0, 2],
    [0, 3],
    [0, 4],
    [1, 255],
  ])("[P28] [P69] [P79] [TF07] application status %i, protocol status %i", ([appStatus, protocolStatus]) => {
    const side = new ClientSide();
    const call = side.begin();
    call.exchange.endStdin();
    side.receive(record(6, 1, "page"), end(1, appStatus, protocolStatus));
    expect([call.end, call.endings, call.error]).toEqual([{ appStatus, protocolStatus }, 1, undefined]);
    // Overloaded, or a role that it does not know: the next request would meet the same.
    expect(side.session.reusable).toBe(protocolStatus !== 2 && protocolStatus !== 3);
  });

  test.for([8, 9, 16, 65_535])("[P27] [TF06] an END_REQUEST of %i bytes: the first eight count", (length) => {
    const body = pattern(length);
    body.set(hex("00000007 00"));
    for (const sizes of [[], [1]]) {
      const side = new ClientSide();
      const call = side.begin();
      call.exchange.endStdin();
      side.receive(...cut(record(3, 1, body, 255, 0x01), sizes));
      expect([call.end, side.fatal, side.session.available]).toEqual([{ appStatus: 7, protocolStatus: 0 }, [], true]);
    }
  });

  test("[P12] [V11] END_REQUEST with padding in two chunks: the connection is free when it is complete", () => {
    const bytes = record(3, 1, new Uint8Array(8), 255, 0x01);
    const side = new ClientSide();
    for (let at = 1; at < bytes.length; at++) {
      const call = side.begin();
      call.exchange.endStdin();
      side.receive(bytes.subarray(0, at));
      expect([call.endings, side.session.available]).toEqual([at >= 16 ? 1 : 0, false]);
      expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
      side.receive(bytes.subarray(at));
      expect([call.endings, side.session.available]).toEqual([1, true]);
    }
  });

  test("[V10] [TF17] a hundred thousand empty records harm nobody", () => {
    const side = new ClientSide();
    const call = side.begin();
    const many = concat(...Array.from({ length: 1_000 }, () => record(7, 1)));
    for (let turn = 0; turn < 100; turn++) side.receive(many);
    side.receive(record(6, 1, "x"), end(1));
    expect([call.told, call.endings]).toEqual([["stdout:x"], 1]);
  });

  test("[P35] bytes are handed on as they came, as a range of the chunk", () => {
    const side = new ClientSide();
    const chunk = record(6, 1, pattern(256), 3, 0xff);
    const seen: [Uint8Array, number, number][] = [];
    side.session.begin(
      { role: 1, keepConn: true, params: {} },
      { onStdout: (...args) => seen.push(args), onStderr: () => {}, onEnd: () => {}, onError: () => {} },
    );
    side.receive(chunk);
    expect(seen).toEqual([[chunk, 8, 264]]);
    expect(seen[0]![0]).toBe(chunk);
  });
});

describe("[P66] aborting", () => {
  test("[V16] [TF23] the id stays taken until END_REQUEST, and nothing more is heard of the request", () => {
    const side = new ClientSide({ multiplex: 3 });
    const [first, second] = [side.begin(), side.begin()];
    first.exchange.endStdin();
    side.sent();
    first.exchange.abort();
    first.exchange.abort();
    first.exchange.writeStdin(latin1("late"));
    expect(side.sentBytes()).toEqual(record(2, 1));
    expect([first.exchange.aborted, first.exchange.ended, side.session.active]).toEqual([true, false, 2]);
    expect(side.begin().exchange.id).toBe(3);
    side.receive(record(6, 1, "late"), record(7, 1, "late"), record(6, 2, "mine"), record(6, 1), end(1, 1));
    expect([first.told, first.endings, first.exchange.ended]).toEqual([[], 0, true]);
    expect([second.told, second.endings]).toEqual([["stdout:mine"], 0]);
    const next = side.begin();
    expect(next.exchange.id).toBe(1);
    side.receive(record(6, 1, "new"), end(1));
    expect([next.stdout, next.endings, first.told, side.fatal]).toEqual(["new", 1, [], []]);
  });

  test("[V16] on a connection of its own too: no request begins before END_REQUEST has come", () => {
    const side = new ClientSide();
    const first = side.begin();
    first.exchange.abort();
    expect(failure(() => side.begin()).code).toBe("FCGI_ERR_CLOSED");
    side.receive(record(6, 1, "late"));
    expect(side.session.available).toBe(false);
    side.receive(end(1));
    // The application may or may not have read the unfinished body.
    expect([side.session.active, side.session.available]).toEqual([0, false]);
    expect(first.endings).toBe(0);
  });

  test("[P65] [P66] an application that may not know ABORT_REQUEST does not get a request after it", () => {
    const side = new ClientSide();
    const { exchange } = side.begin();
    exchange.endStdin();
    exchange.abort();
    side.receive(end(1));
    expect([side.session.active, side.session.reusable]).toEqual([0, false]);
  });

  test("an aborted request is not told of the connection's end either", () => {
    const side = new ClientSide({ multiplex: 2 });
    const [first, second] = [side.begin(), side.begin()];
    first.exchange.abort();
    side.session.receiveEnd();
    expect([first.endings, second.endings, side.fatal.length]).toEqual([0, 1, 1]);
  });
});

test.for([0, -1, 1.5, Number.NaN, Infinity])(
  "multiplex %d is no limit: one that is NaN would let nothing begin",
  (multiplex) => {
    const error = failure(() => new ClientSide({ multiplex }));
    expect([error.code, error.message.includes("multiplex")]).toEqual(["FCGI_ERR_INVALID_ARGUMENT", true]);
  },
);
