import { describe, expect, test } from "vitest";

import { concat, cut, end, hex, pair, record, strictPairs } from "../vectors/wire.ts";
import { ClientSide } from "./client-side.ts";

const RESULT = concat(pair("FCGI_MAX_CONNS", "10"), pair("FCGI_MPXS_CONNS", "1"));

describe("GET_VALUES", () => {
  test("[P49] [P51] is sent with id 0 and empty values, before any request", () => {
    const side = new ClientSide();
    side.session.requestValues(["A"]);
    expect(side.sentBytes()).toEqual(hex("01 09 0000 0003 05 00  01 00 41 0000000000"));
    side.session.requestValues();
    expect(strictPairs(side.sent()[0]!.content)).toEqual([
      ["FCGI_MAX_CONNS", ""],
      ["FCGI_MAX_REQS", ""],
      ["FCGI_MPXS_CONNS", ""],
    ]);
  });

  test("[P16] [P50] the answer comes whole, wherever it is cut, and in the middle of a request", () => {
    const bytes = concat(record(6, 1, "a"), record(10, 0, RESULT, 3, 0xff), record(6, 1, "b"), end(1));
    for (let at = 0; at <= bytes.length; at++) {
      const side = new ClientSide();
      side.session.requestValues();
      const call = side.begin();
      side.receive(bytes.subarray(0, at), bytes.subarray(at));
      expect(side.values.map((values) => values?.toObject())).toEqual([{ FCGI_MAX_CONNS: "10", FCGI_MPXS_CONNS: "1" }]);
      expect([call.stdout, call.endings]).toEqual(["ab", 1]);
    }
  });

  test("[P53] an answer and one more that is empty, as Go sends them, are one answer", () => {
    const side = new ClientSide();
    side.session.requestValues();
    side.receive(record(10, 0, RESULT), record(10, 0));
    expect(side.values.map((values) => values?.get("FCGI_MPXS_CONNS"))).toEqual(["1"]);
    expect([side.session.available, side.fatal]).toEqual([true, []]);
  });

  test("[P49] [P53] an empty answer is an answer", () => {
    const side = new ClientSide();
    side.session.requestValues();
    side.receive(record(10, 0));
    expect(side.values.map((values) => values?.size)).toEqual([0]);
  });

  test("each question gets one answer", () => {
    const side = new ClientSide();
    side.session.requestValues();
    side.session.requestValues();
    side.receive(record(10, 0, pair("A", "1")), record(10, 0, pair("A", "2")), record(10, 0));
    expect(side.values.map((values) => values?.get("A"))).toEqual(["1", "2"]);
  });

  test("[P57] UNKNOWN_TYPE for GET_VALUES: the application does not know it", () => {
    const side = new ClientSide();
    side.session.requestValues();
    side.receive(...cut(record(11, 0, hex("09 FFFFFFFFFFFFFF"), 7, 0xff), [1]));
    expect([side.values, side.session.available]).toEqual([[undefined], true]);
  });

  test("[P57] UNKNOWN_TYPE for something else answers nothing", () => {
    const side = new ClientSide();
    side.session.requestValues();
    side.receive(record(11, 0, hex("63 00000000000000")));
    expect(side.values).toEqual([]);
    side.receive(record(10, 0, RESULT));
    expect(side.values).toHaveLength(1);
  });

  test("[TF14] what nobody asked for is not told", () => {
    const side = new ClientSide();
    const call = side.begin();
    side.receive(record(10, 0, RESULT), record(11, 0, hex("09 00000000000000")), end(1));
    expect([side.values, side.fatal, call.endings]).toEqual([[], [], 1]);
  });

  test("[P27] a body of an earlier record is not taken for an answer", () => {
    const side = new ClientSide({ multiplex: 2 });
    side.session.requestValues();
    side.begin();
    side.receive(end(1, 0x09_00_00_00), record(11, 0)); // END_REQUEST's first byte is 9
    expect([side.values, side.fatal.map((error) => error.code)]).toEqual([[], ["FCGI_ERR_BAD_RECORD"]]);
  });

  test("[P39] [P52] [V7] [TF13] an answer cut at any place is refused, except between two pairs", () => {
    const border = pair("FCGI_MAX_CONNS", "10").length;
    for (let length = 1; length < RESULT.length; length++) {
      const side = new ClientSide();
      side.session.requestValues();
      const call = side.begin();
      side.receive(record(10, 0, RESULT.subarray(0, length)));
      if (length === border) continue;
      expect([side.fatal.map((error) => error.code), side.values]).toEqual([["FCGI_ERR_BAD_NAME_VALUES"], []]);
      expect(call.error?.code).toBe("FCGI_ERR_BAD_NAME_VALUES");
    }
  });

  test("[P58] the application closes instead of answering: no fault of a request", () => {
    const side = new ClientSide();
    side.session.requestValues();
    side.session.receiveEnd();
    expect([side.values, side.fatal, side.session.available]).toEqual([[], [], false]);
  });

  test("[P58] no answer at all: requests run all the same", () => {
    const side = new ClientSide();
    side.session.requestValues();
    const call = side.begin();
    call.exchange.endStdin();
    side.receive(record(6, 1, "page"), end(1));
    expect([call.endings, side.session.available]).toEqual([1, true]);
  });
});

test("[P55] [P56] [TF05] management records that an application may not send are ignored, and never answered", () => {
  const side = new ClientSide();
  const call = side.begin();
  side.sent();
  side.receive(
    record(9, 0, pair("FCGI_MPXS_CONNS", "")),
    record(12, 0, "x"),
    record(255, 0),
    record(0, 0, "x"),
    end(1),
  );
  expect([side.sent(), call.endings, side.fatal]).toEqual([[], 1, []]);
});
