// Params as odd as the specification allows: all of them arrive.
import { RecordType, encodeNameValues, encodeRecord } from "@x/protocol";
import { expect, test } from "vitest";

import { application } from "./support/application.ts";
import type { Application } from "./support/application.ts";
import type { FrontEnd } from "./support/front-end.ts";
import { rawRecord, request } from "./support/front-end.ts";

const begin = encodeRecord({ type: RecordType.BeginRequest, requestId: 1, keepConn: true });
const noStdin = encodeRecord({ type: RecordType.Stdin, requestId: 1 });
const paramsEnd = encodeRecord({ type: RecordType.Params, requestId: 1 });

/** Answers with its params as JSON, escaped to ASCII. */
const dump = (): Promise<Application> =>
  application((request, response) => {
    const text = JSON.stringify([...request.params]);
    response.end(text.replace(/[\u007f-\u00ff]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`));
  });

async function told(frontEnd: FrontEnd, ...records: Uint8Array[]): Promise<unknown> {
  frontEnd.send(begin, ...records, paramsEnd, noStdin);
  return JSON.parse((await frontEnd.answer(1)).body);
}

const params = (bytes: readonly number[] | Uint8Array): Uint8Array => rawRecord(RecordType.Params, 1, bytes);

test("[P37] pairs that straddle records, even inside a length", async () => {
  const frontEnd = await (await dump()).connect();
  const pairs = [
    ["SERVER_PORT", "80"],
    ["LONG", "x".repeat(300)],
  ] as const;
  const bytes = encodeNameValues(pairs);
  for (let cut = 1; cut < bytes.length; cut += 7) {
    expect(await told(frontEnd, params(bytes.subarray(0, cut)), params(bytes.subarray(cut)))).toEqual(pairs);
  }
});

test("[P30][P32] the long form of short lengths, in all four shapes", async () => {
  const frontEnd = await (await dump()).connect();
  const shapes = [
    [1, 1],
    [1, 0x80, 0, 0, 1],
    [0x80, 0, 0, 1, 1],
    [0x80, 0, 0, 1, 0x80, 0, 0, 1],
  ];
  for (const lengths of shapes) expect(await told(frontEnd, params([...lengths, 65, 66]))).toEqual([["A", "B"]]);
});

test("[P34][P36][P35][P40][P41] empty values, NUL, bytes above ASCII, duplicates and names of objects", async () => {
  const frontEnd = await (await dump()).connect();
  const pairs: [string, string][] = [
    ["EMPTY", ""],
    ["NUL", "a\0b"],
    ["BYTES", "\u00e9\u0080\u00ff"],
    ["TWICE", "first"],
    ["__proto__", "1"],
    ["constructor", "2"],
    ["toString", "3"],
    ["TWICE", "last"],
  ];
  const bytes = Buffer.concat(
    pairs.map(([name, value]) => Buffer.from([name.length, value.length, ...Buffer.from(name + value, "latin1")])),
  );
  const expected = new Map(pairs);
  expect(new Map((await told(frontEnd, params(bytes))) as [string, string][])).toEqual(expected);
});

test("[P11][P12][P15][P29][TF02] padding and reserved bytes of any value, in every record", async () => {
  const frontEnd = await (await dump()).connect();
  const odd = { padding: 255, reserved: 0xff };
  frontEnd.send(
    rawRecord(RecordType.GetValues, 0, [], odd),
    rawRecord(RecordType.BeginRequest, 1, [0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff], odd),
    rawRecord(RecordType.Params, 1, [1, 1, 65, 66], odd),
    rawRecord(RecordType.Params, 1, [], odd),
    rawRecord(RecordType.Stdin, 1, new Uint8Array(65_535), odd),
    rawRecord(RecordType.Stdin, 1, [], odd),
  );
  expect(JSON.parse((await frontEnd.answer(1)).body)).toEqual([["A", "B"]]);
});

test("[P27] a BEGIN_REQUEST that is longer than 8 bytes is read as far as it is known", async () => {
  const frontEnd = await (await dump()).connect();
  frontEnd.send(rawRecord(RecordType.BeginRequest, 1, [0, 1, 1, 0, 0, 0, 0, 0, 7, 7, 7]), paramsEnd, noStdin);
  expect((await frontEnd.answer(1)).body).toBe("[]");
});

test("[V4] the params of one request are not visible in the next one", async () => {
  const frontEnd = await (await dump()).connect();
  await frontEnd.exchange(1, { params: { SECRET: "of request one", REQUEST_METHOD: "GET" } });
  expect((await frontEnd.exchange(1, { params: { A: "1" } })).body).toBe('[["A","1"]]');
});

test("[P42] limits are options", async () => {
  const app = await application((request, response) => void response.end(String(request.params.size)), {
    maxParams: 2,
    maxParamsBytes: 50,
  });
  const fits = await app.connect();
  expect((await fits.exchange(1, { params: { A: "1", B: "2" } })).body).toBe("2");
  for (const tooMuch of [{ A: "1", B: "2", C: "3" }, { A: "x".repeat(50) }]) {
    const frontEnd = await app.connect();
    frontEnd.send(request(1, { params: tooMuch }));
    await frontEnd.ended;
    expect(frontEnd.received).toEqual([{ type: 3, requestId: 1, appStatus: 0, protocolStatus: 2 }]);
  }
});

test("[P42] one param, and all params of a connection that are not complete, have limits of their own", async () => {
  const overloaded = { type: RecordType.EndRequest, appStatus: 0, protocolStatus: 2 };
  const one = await (await application((_, response) => void response.end(), { maxParamBytes: 20 })).connect();
  one.send(request(1, { params: { A: "x".repeat(30) } }));
  await one.ended;
  expect(one.received).toEqual([{ ...overloaded, requestId: 1 }]);

  const all = await (await application((_, response) => void response.end(), { maxBufferedBytes: 50 })).connect();
  const pending = encodeNameValues([["A", "x".repeat(30)]]);
  for (const id of [1, 2]) {
    all.send(
      encodeRecord({ type: RecordType.BeginRequest, requestId: id, keepConn: true }),
      rawRecord(RecordType.Params, id, pending),
    );
  }
  await all.ended;
  expect(all.received).toEqual([{ ...overloaded, requestId: 2 }]);
});

test("[V12] a connection has as many requests as it may, and is closed with the last of them", async () => {
  const app = await application((_, response) => void response.end(), { maxRequestsPerConnection: 2 });
  const frontEnd = await app.connect();
  await frontEnd.exchange(1);
  await frontEnd.exchange(1);
  await frontEnd.ended;
});
