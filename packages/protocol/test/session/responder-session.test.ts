import { describe, expect, test } from "vitest";

import { begin, concat, cut, end, head, hex, latin1, pair, pattern, record } from "../vectors/wire.ts";
import { ResponderSide } from "./responder-side.ts";

const EMPTY = new Uint8Array(0);
const ROLES = [1, 2, 3] as const;

describe("a request comes in", () => {
  test("[P21] [P74] [P80] it begins at the end of PARAMS, before STDIN, in every role", () => {
    for (const role of ROLES) {
      const side = new ResponderSide({ roles: ROLES });
      side.receive(begin(300, role), record(4, 300, pair("A", "b")));
      expect([side.served.length, side.session.receiving, side.session.active]).toEqual([0, true, 1]);
      side.receive(record(4, 300));
      expect([side.served.length, side.session.receiving]).toEqual([1, false]);
      const { exchange, told } = side.served[0]!;
      expect([exchange.id, exchange.role, exchange.keepConn, exchange.params.get("A")]).toEqual([300, role, true, "b"]);
      expect(told).toEqual([]);
    }
  });

  test("[P74] STDIN comes as it comes, and output may start before its end", () => {
    const side = new ResponderSide();
    side.receive(head(1), record(5, 1, "first"));
    const { exchange, told } = side.served[0]!;
    exchange.writeStdout(latin1("early"));
    expect(side.sentBytes()).toEqual(record(6, 1, "early", 3));
    side.receive(record(5, 1, "second", 2, 0xff), record(5, 1));
    expect([side.served[0]!.stdin, told]).toEqual(["firstsecond", ["stdin", "stdin end"]]);
  });

  test("[P80] an Authorizer may get an empty STDIN, or none at all", () => {
    for (const stdin of [EMPTY, record(5, 1)]) {
      const side = new ResponderSide({ roles: [2] }, ({ exchange }) => exchange.end());
      side.receive(concat(head(1, {}, 2), stdin));
      expect([side.served.length, side.fatal, side.session.active]).toEqual([1, [], 0]);
      expect(side.sentBytes()).toEqual(concat(record(6, 1), end(1)));
    }
  });

  test("[P84] a Filter gets STDIN, then DATA", () => {
    const side = new ResponderSide({ roles: [3] });
    side.receive(head(1, {}, 3), record(5, 1, "q"), record(5, 1), record(8, 1, "fi"), record(8, 1, "le"), record(8, 1));
    const [served] = side.served;
    expect([served!.stdin, served!.data, side.fatal]).toEqual(["q", "file", []]);
    expect(served!.told).toEqual(["stdin", "stdin end", "data", "data end"]);
  });

  test("[P37] [P16] a pair may straddle records, even inside a four-byte length, wherever the chunks end", () => {
    const pairs = concat(pair("LONG", "x".repeat(300)), pair("A", "b"));
    for (let at = 0; at <= pairs.length; at++) {
      // An empty record would end PARAMS.
      const parts = [pairs.subarray(0, at), pairs.subarray(at)].filter(({ length }) => length > 0);
      const bytes = concat(begin(1), ...parts.map((part) => record(4, 1, part, 5, 0xff)), record(4, 1));
      for (const sizes of [[], [1], [13, 1]]) {
        const side = new ResponderSide();
        side.receive(...cut(bytes, sizes));
        expect(side.served[0]?.exchange.params.toObject()).toEqual({ LONG: "x".repeat(300), A: "b" });
      }
    }
  });

  test("[P71] a request without any param has an empty PARAMS record only", () => {
    const side = new ResponderSide();
    side.receive(begin(1), record(4, 1));
    expect(side.served[0]?.exchange.params.size).toBe(0);
  });

  test("[P27] [P29] BEGIN_REQUEST: reserved bytes and other flags are ignored, and so is what exceeds 8 bytes", () => {
    for (const length of [8, 9, 65_535]) {
      const body = new Uint8Array(length).fill(0xff);
      body.set(hex("0001 FE FFFFFFFFFF"));
      const side = new ResponderSide();
      side.receive(record(1, 1, body, 255, 0x01), record(4, 1));
      expect(side.served.map(({ exchange }) => [exchange.role, exchange.keepConn])).toEqual([[1, false]]);
    }
  });

  test("[V4] the params of one request are not those of the next, under the same id too", () => {
    const side = new ResponderSide();
    side.receive(head(1, { A: "1", REMOTE_USER: "root" }));
    side.served[0]!.exchange.end();
    side.receive(head(1, { B: "2" }));
    expect(side.served.map(({ exchange }) => exchange.params.toObject())).toEqual([
      { A: "1", REMOTE_USER: "root" },
      { B: "2" },
    ]);
  });
});

describe("the answer", () => {
  test("[P71] [P72] STDOUT always ends by an empty record, STDERR when it was used, then END_REQUEST", () => {
    const side = new ResponderSide();
    side.receive(head(1), head(2), head(3));
    const [plain, loud, silent] = side.served.map(({ exchange }) => exchange);
    silent!.end();
    expect(side.sentBytes()).toEqual(concat(record(6, 3), end(3)));
    loud!.writeStderr(latin1("log"));
    loud!.writeStdout(latin1("out"));
    loud!.end(3);
    expect(side.sentBytes()).toEqual(
      concat(record(7, 2, "log", 5), record(6, 2, "out", 5), record(6, 2), record(7, 2), end(2, 3)),
    );
    plain!.writeStdout(latin1("out"));
    plain!.end();
    expect(side.sentBytes()).toEqual(concat(record(6, 1, "out", 5), record(6, 1), end(1)));
  });

  test("[P25] [P89] an empty write sends nothing, on STDOUT and on STDERR", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    const { exchange } = side.served[0]!;
    exchange.writeStdout(EMPTY);
    exchange.writeStderr(EMPTY);
    exchange.writeStdout(latin1("abc"), 2, 2);
    exchange.writeStderr(latin1("abc"), 3);
    expect(side.sentBytes()).toEqual(EMPTY);
    exchange.writeStdout(latin1("abc"), 1, 2);
    exchange.end();
    expect(side.sentBytes()).toEqual(concat(record(6, 1, "b", 7), record(6, 1), end(1)));
  });

  test("[P64] [P67] after the end nothing of the request follows, and it ends once", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    const { exchange } = side.served[0]!;
    exchange.end(7);
    expect(side.sentBytes()).toEqual(concat(record(6, 1), end(1, 7)));
    exchange.writeStdout(latin1("late"));
    exchange.writeStderr(latin1("late"));
    exchange.end(8);
    expect([exchange.ended, side.sentBytes(), side.session.active]).toEqual([true, EMPTY, 0]);
  });

  test("[P96] [P20] the answer bears the id of the request", () => {
    const side = new ResponderSide();
    for (const id of [1, 255, 256, 300, 65_535]) {
      side.receive(head(id));
      side.served.at(-1)!.exchange.writeStdout(latin1("x"));
      side.served.at(-1)!.exchange.end();
      expect(side.sent().map((found) => found.id)).toEqual([id, id, id]);
    }
  });

  test.for([1, 2, 3] as const)(
    "[P62] an application that refuses by protocol status %i sends END_REQUEST alone",
    (status) => {
      const side = new ResponderSide({}, ({ exchange }) => exchange.end(0, status));
      side.receive(head(1));
      expect(side.sentBytes()).toEqual(end(1, 0, status));
    },
  );

  test("[P71] one that has begun to answer ends STDOUT all the same", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    side.served[0]!.exchange.writeStdout(latin1("x"));
    side.served[0]!.exchange.end(0, 2);
    expect(side.sentBytes()).toEqual(concat(record(6, 1, "x", 7), record(6, 1), end(1, 0, 2)));
  });

  test("[P79] the application status is unsigned", () => {
    const side = new ResponderSide({}, ({ exchange }) => exchange.end(-1));
    side.receive(head(1));
    expect(side.sentBytes()).toEqual(concat(record(6, 1), end(1, 0xffffffff)));
  });
});

describe("ids and the connection", () => {
  test("[P21] [P22] an id comes free with END_REQUEST, whatever of its STDIN is still on the way", () => {
    const side = new ResponderSide();
    side.receive(head(1), record(5, 1, "half"));
    side.served[0]!.exchange.end();
    side.receive(record(5, 1, "rest"), record(5, 1), record(2, 1), head(1), record(5, 1, "new"));
    expect(side.served.map(({ stdin, told }) => [stdin, told])).toEqual([
      ["half", ["stdin"]],
      ["new", ["stdin"]],
    ]);
    expect([side.fatal, side.session.active]).toEqual([[], 1]);
  });

  test("[P22] [P64] a handler that ends its request hears no more of the record that was on the way", () => {
    const side = new ResponderSide();
    const bytes = record(5, 1, pattern(1_000));
    side.receive(head(1), bytes.subarray(0, 500));
    const [served] = side.served;
    const before = served!.stdin.length;
    served!.exchange.end();
    side.receive(bytes.subarray(500), record(5, 1));
    expect([before, served!.stdin.length, served!.told, side.fatal]).toEqual([492, 492, ["stdin"], []]);
  });

  test("[P22] [P65] records for ids that are not in use are ignored", () => {
    const side = new ResponderSide();
    side.receive(
      record(4, 9, "never begun"),
      record(4, 9),
      record(5, 9, "x"),
      record(2, 9),
      record(8, 9),
      end(9),
      record(6, 9, "x"),
      record(99, 9, "x"),
      head(1),
    );
    expect([side.served.length, side.fatal, side.sentBytes()]).toEqual([1, [], EMPTY]);
  });

  test("[P43] with KEEP_CONN the connection stays, without it goes after END_REQUEST", () => {
    const side = new ResponderSide();
    for (let turn = 0; turn < 3; turn++) {
      side.receive(head(1));
      side.served[turn]!.exchange.end();
      expect(side.closes).toBe(0);
    }
    side.receive(head(1, {}, 1, 0));
    expect(side.closes).toBe(0);
    side.served[3]!.exchange.end();
    expect(side.closes).toBe(1);
  });

  test("[P44] [P45] mixed flags: it goes when the request that was not kept has ended and no other one runs", () => {
    const side = new ResponderSide();
    side.receive(head(1), head(2, {}, 1, 0), head(3));
    const [first, second, third] = side.served.map(({ exchange }) => exchange);
    second!.end();
    expect(side.closes).toBe(0);
    first!.end();
    expect(side.closes).toBe(0);
    third!.writeStdout(latin1("unharmed"));
    third!.end();
    expect(side.closes).toBe(1);
    expect(
      side
        .sent()
        .filter(({ type }) => type === 3)
        .map(({ id }) => id),
    ).toEqual([2, 1, 3]);
  });

  test("[P43] [P45] once the connection is to be closed no request begins, in the same chunk or later", () => {
    const side = new ResponderSide({}, ({ exchange }) => exchange.end());
    side.receive(concat(head(1, {}, 1, 0), head(2), record(9, 0, pair("FCGI_MPXS_CONNS", ""))));
    side.receive(head(3), record(12, 0));
    expect([side.served.length, side.closes]).toEqual([1, 1]);
    expect(side.sentBytes()).toEqual(concat(record(6, 1), end(1)));
  });

  test("[P8] [P45] drain: what runs goes on, what comes is refused, then the connection goes", () => {
    const side = new ResponderSide();
    side.receive(head(1), begin(2));
    side.session.drain();
    expect(side.closes).toBe(0);
    side.receive(record(4, 2), head(3));
    expect(side.served.map(({ exchange }) => exchange.id)).toEqual([1, 2]);
    expect(side.sentBytes()).toEqual(end(3, 0, 2));
    side.served[0]!.exchange.end();
    expect(side.closes).toBe(0);
    side.served[1]!.exchange.end();
    expect([side.closes, side.fatal]).toEqual([1, []]);

    const idle = new ResponderSide();
    idle.session.drain();
    expect(idle.closes).toBe(1);
    idle.session.drain();
    idle.session.receiveEnd();
    expect([idle.closes, idle.fatal]).toEqual([1, []]);
  });

  test("[TF17] a hundred thousand empty records after the end of STDIN harm nobody", () => {
    const side = new ResponderSide();
    side.receive(head(1));
    const many = concat(...Array.from({ length: 1_000 }, () => record(5, 1)));
    for (let turn = 0; turn < 100; turn++) side.receive(many);
    expect([side.served[0]!.told, side.fatal]).toEqual([["stdin end"], []]);
  });
});
