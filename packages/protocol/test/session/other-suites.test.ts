// What the suites of other implementations ask of theirs, asked of ours with bytes of our own. The specification's Appendix B is
// in appendix-b.test.ts; the lengths of Go and the incomplete pairs of Perl are tables in vectors/name-values.ts.
import { describe, expect, test } from "vitest";

import {
  begin,
  concat,
  cut,
  end,
  head,
  hex,
  latin1,
  pair,
  pattern,
  record,
  sameBytes,
  strictPairs,
} from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";
import { ResponderSide } from "./responder-side.ts";

describe("Go's net/http/fcgi", () => {
  test("[P25] [P71] an empty STDOUT is its end alone", () => {
    const side = new ClientSide();
    const call = side.begin();
    side.receive(hex("01 06 0001 0000 00 00"));
    expect([call.told, call.exchange.stdoutEnded]).toEqual([[], true]);
  });

  test("[P11] [P20] [P94] 66,000 bytes under id 300 come as FFFF with 1 of padding and 01D1 with 7, and leave as FFF8 and 01D8", () => {
    const body = pattern(66_000);
    const stream = concat(
      hex("01 05 012C FFFF 01 00"),
      body.subarray(0, 0xffff),
      hex("00  01 05 012C 01D1 07 00"),
      body.subarray(0xffff),
      hex("00000000000000  01 05 012C 0000 00 00"),
    );
    const side = new ResponderSide();
    side.receive(head(300), ...cut(stream, [4_096, 1, 50_000]));
    const [served] = side.served;
    expect([sameBytes(latin1(served!.stdin), body), served!.told]).toEqual([true, ["stdin", "stdin end"]]);

    served!.exchange.writeStdout(body);
    served!.exchange.end();
    const sent = side.sentBytes();
    expect(sent.subarray(0, 8)).toEqual(hex("01 06 012C FFF8 00 00"));
    expect(sent.subarray(8 + 0xfff8, 16 + 0xfff8)).toEqual(hex("01 06 012C 01D8 00 00"));
    expect(sent.subarray(16 + 66_000)).toEqual(concat(record(6, 300), end(300)));
  });

  test("[P49] [P53] GET_VALUES is answered by one record; two, as Go itself sends, are one answer", () => {
    const application = new ResponderSide();
    const question = hex("01 09 0000 0011 07 00  0F00 464347495F4D5058535F434F4E4E53 00000000000000");
    application.receive(question);
    expect(application.sentBytes()).toEqual(
      hex("01 0A 0000 0012 06 00  0F01 464347495F4D5058535F434F4E4E53 31 000000000000"),
    );
    const server = new ClientSide();
    server.session.requestValues(["FCGI_MPXS_CONNS"]);
    expect(server.sentBytes()).toEqual(question);
    server.receive(
      hex("01 0A 0000 0012 06 00  0F01 464347495F4D5058535F434F4E4E53 31 000000000000  01 0A 0000 0000 00 00"),
    );
    expect(server.values.map((values) => [...values!])).toEqual([[["FCGI_MPXS_CONNS", "1"]]]);
  });

  test("[P39] [V1] malformed params end the connection and nothing is run", () => {
    const side = new ResponderSide();
    side.receive(begin(1), hex("01 04 0001 000A 00 00  FFFFFFFF FFFFFFFF 0000"), record(4, 1), record(5, 1));
    expect([side.fatal.map(({ code }) => code), side.served]).toEqual([["FCGI_ERR_BAD_NAME_VALUES"], []]);
  });

  test("[P46] [P63] a body that is cut off by an abort, or with the connection, is told to whoever reads it", () => {
    for (const goes of [false, true]) {
      const side = new ResponderSide();
      side.receive(head(1, { CONTENT_LENGTH: "11" }), record(5, 1, "half"));
      if (goes) side.session.receiveEnd();
      else side.receive(record(2, 1));
      expect(side.served[0]!.told).toEqual(["stdin", `abort ${goes ? "FCGI_ERR_SOCKET" : "FCGI_ERR_ABORTED"}`]);
    }
  });
});

describe("fcgi_responder", () => {
  test("Request, ReceivingMessagesInLargeChunks [P16] [P17]: whole requests in one chunk, and in chunks of any size", () => {
    const params = { FCGI: "1", LONG: "x".repeat(1_000) };
    const requests = concat(...[1, 2, 3].map((id) => concat(head(id, params), record(5, id, "in", 6), record(5, id))));
    for (const sizes of [[], [1], [7, 64], [1_000]]) {
      const side = new ResponderSide();
      side.receive(...cut(requests, sizes));
      const seen = side.served.map(({ exchange, stdin, told }) => [
        exchange.id,
        exchange.params.toObject(),
        stdin,
        told.at(-1),
      ]);
      expect(seen).toEqual([1, 2, 3].map((id) => [id, { ...params }, "in", "stdin end"]));
    }
  });

  test("Multiplexing [P21] [P96]: records of three requests in turns, ended in another order", () => {
    const side = new ResponderSide();
    side.receive(...[1, 2, 3].map((id) => begin(id)), ...[3, 1, 2].map((id) => record(4, id, pair("ID", `${id}`))));
    side.receive(...[2, 3, 1].flatMap((id) => [record(4, id), record(5, id, `in ${id}`, 4)]));
    expect(side.served.map(({ exchange, stdin }) => [exchange.params.get("ID"), stdin])).toEqual([
      ["2", "in 2"],
      ["3", "in 3"],
      ["1", "in 1"],
    ]);
    for (const { exchange } of side.served.toReversed()) exchange.end();
    expect(side.sent().map(({ type, id }) => `${type}/${id}`)).toEqual(["6/1", "3/1", "6/3", "3/3", "6/2", "3/2"]);
  });

  test("CantMultiplex [P60], Overloaded [P61], UnknownRole [P59]: END_REQUEST alone, with the reason", () => {
    const one = new ResponderSide({ multiplex: 1 });
    one.receive(head(1), head(2));
    const full = new ResponderSide({ admit: () => false });
    full.receive(head(1));
    const responder = new ResponderSide();
    responder.receive(head(1, {}, 2));
    expect([one, full, responder].map((side) => side.sentBytes())).toEqual([end(2, 0, 1), end(1, 0, 2), end(1, 0, 3)]);
  });

  test("AbortRequest [P63] [P65]: before the params the session answers, later the application", () => {
    const side = new ResponderSide();
    side.receive(begin(1), record(2, 1), head(2), record(2, 2));
    expect(side.sentBytes()).toEqual(end(1));
    side.served[0]!.exchange.end(9);
    expect(side.sentBytes()).toEqual(concat(record(6, 2), end(2, 9)));
  });

  test("GetValuesAllDefaultSettings, GetValueChangedSettings [P49] [P50]: what is known is told, as it is", () => {
    const question = record(
      9,
      0,
      concat(...["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"].map((name) => pair(name, ""))),
    );
    const answerOf = (side: ResponderSide): unknown => {
      side.receive(question);
      return strictPairs(side.sent()[0]!.content);
    };
    expect(answerOf(new ResponderSide())).toEqual([["FCGI_MPXS_CONNS", "1"]]);
    expect(answerOf(new ResponderSide({ maxConnections: 7, maxRequests: 42, multiplex: 1 }))).toEqual([
      ["FCGI_MAX_CONNS", "7"],
      ["FCGI_MAX_REQS", "42"],
      ["FCGI_MPXS_CONNS", "0"],
    ]);
  });

  test("UnknownType [P55]: 99 is answered by UNKNOWN_TYPE", () => {
    const side = new ResponderSide();
    side.receive(record(99, 0, "content", 1), head(1));
    expect([side.sentBytes(), side.served.length]).toEqual([record(11, 0, hex("63 00000000000000")), 1]);
  });

  test.for<[string, Uint8Array, string]>([
    [
      "UnexpectedRecord [P56]: STDOUT for an application",
      concat(head(1), record(6, 1, "x")),
      "FCGI_ERR_UNEXPECTED_RECORD",
    ],
    ["RecordMessageReadError [P27]: a short BEGIN_REQUEST", record(1, 1, "\0\x01"), "FCGI_ERR_BAD_RECORD"],
    [
      "RecordReadErrorMisalignedNameValue [P39]: a pair that PARAMS end within",
      concat(begin(1), record(4, 1, pair("NAME", "value").subarray(0, 7)), record(4, 1)),
      "FCGI_ERR_BAD_NAME_VALUES",
    ],
  ])("%s", ([, bytes, code]) => {
    const side = new ResponderSide();
    side.receive(bytes);
    expect(side.fatal.map((error) => error.code)).toEqual([code]);
  });
});
