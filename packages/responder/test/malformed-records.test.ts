// What a web server may not send. Whatever it is: that connection is closed, nothing else is harmed.
import { ProtocolStatus, RecordOutput, RecordType, encodeRecord } from "@x/protocol";
import { expect, test } from "vitest";

import { application } from "./support/application.ts";
import { rawRecord, request, stdin } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

const { BeginRequest, Params, Stdin, Data, GetValues, GetValuesResult, UnknownType, AbortRequest } = RecordType;
const { Stdout, Stderr, EndRequest } = RecordType;

const begin = encodeRecord({ type: BeginRequest, requestId: 1, keepConn: true });
const open = request(1, { stdin: undefined });

const pair = (...bytes: number[]): Uint8Array =>
  Buffer.concat([begin, rawRecord(Params, 1, bytes), rawRecord(Params, 1)]);

function manyParams(count: number, valueLength: number): Uint8Array {
  const output = new RecordOutput(() => {});
  output.params(
    1,
    Array.from({ length: count }, (_, index) => [`P${index}`, "v".repeat(valueLength)] as const),
  );
  return Buffer.concat([begin, ...output.take()]);
}

const fatal: Record<string, Uint8Array> = {
  "[P10][TF05] version 0": rawRecord(BeginRequest, 1, [0, 1, 1, 0, 0, 0, 0, 0], { version: 0 }),
  "[P10][TF05] version 2": rawRecord(BeginRequest, 1, [0, 1, 1, 0, 0, 0, 0, 0], { version: 2 }),
  "[P10][TF05] version 255": rawRecord(BeginRequest, 1, [0, 1, 1, 0, 0, 0, 0, 0], { version: 255 }),
  "[TF34] an HTTP request": Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n\r\n"),
  "[TF34] gopher bytes": Buffer.from("/_%01%01%00%01\r\n"),
  "[P19][V8] BEGIN_REQUEST with id 0": rawRecord(BeginRequest, 0, [0, 1, 1, 0, 0, 0, 0, 0]),
  "[P19][TF03] PARAMS with id 0": rawRecord(Params, 0, [1, 1, 65, 66]),
  "[P19][TF03] STDIN with id 0": rawRecord(Stdin, 0, [65]),
  "[P19] ABORT_REQUEST with id 0": rawRecord(AbortRequest, 0),
  "[P19] GET_VALUES with an id": rawRecord(GetValues, 1),
  "[P19] GET_VALUES_RESULT with an id": rawRecord(GetValuesResult, 1),
  "[P19] UNKNOWN_TYPE with an id": rawRecord(UnknownType, 1, [9, 0, 0, 0, 0, 0, 0, 0]),
  "[P23][TF26] BEGIN_REQUEST for an id that is in use": Buffer.concat([open, begin]),
  "[P27] BEGIN_REQUEST with 0 bytes": rawRecord(BeginRequest, 1),
  "[P27] BEGIN_REQUEST with 7 bytes": rawRecord(BeginRequest, 1, [0, 1, 1, 0, 0, 0, 0]),
  "[P33][V1][TF13] a pair with both lengths 0x7FFFFFFF": pair(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  "[P33][V1][TF13] a name length 0x7FFFFFFF, value 1": pair(0xff, 0xff, 0xff, 0xff, 1, 65),
  "[P33][V13] a value of 2 GiB that never comes": pair(1, 0xff, 0xff, 0xff, 0xf0, 65),
  "[P39] a pair that PARAMS end in the middle of": pair(3, 3, 65, 66, 67, 68),
  "[P39] PARAMS that end inside a length": pair(0x80, 0),
  "[P42][TF28] more bytes of PARAMS than allowed": manyParams(10, 30_000),
  "[P42] more params than allowed": manyParams(1_001, 1),
  "[P52] GET_VALUES with a broken pair": rawRecord(GetValues, 0, [5, 0, 65]),
  "[P75][TF26] STDIN before PARAMS end": Buffer.concat([begin, stdin(1, "early")]),
  "[P75][TF26] PARAMS after PARAMS end": Buffer.concat([open, rawRecord(Params, 1, [1, 1, 65, 66])]),
  "[P26] STDIN after STDIN end": Buffer.concat([open, stdin(1), stdin(1, "more")]),
  "[TF26] DATA to a responder": Buffer.concat([open, rawRecord(Data, 1, [65])]),
  "[P56][TF05] a record of unknown type for a running request": Buffer.concat([open, rawRecord(42, 1, [65])]),
  "[P56] STDOUT for a running request": Buffer.concat([open, rawRecord(Stdout, 1, [65])]),
  "[P56] STDERR for a running request": Buffer.concat([open, rawRecord(Stderr, 1, [65])]),
  "[P56] END_REQUEST for a running request": Buffer.concat([open, rawRecord(EndRequest, 1, [0, 0, 0, 0, 0, 0, 0, 0])]),
};

test.for(Object.entries(fatal))("%s: the connection is closed, the others live on", async ([title, bytes]) => {
  const held = gate();
  const app = await application(async (request, response) => {
    if (request.params.has("HOLD")) await held.promise;
    else
      await new Promise<void>((resolve) => {
        request.signal.addEventListener("abort", () => {
          response.end("at once\n");
          resolve();
        });
      });
    response.end("answered\n");
  });
  const bystander = await app.connect();
  bystander.send(request(1, { params: { HOLD: "1" } }));
  await bystander.ping();

  const hostile = await app.connect();
  hostile.send(bytes);
  await hostile.ended;
  // Params over a limit are no fault of the protocol: that request is answered, by OVERLOADED.
  const answer = { type: EndRequest, requestId: 1, appStatus: 0, protocolStatus: ProtocolStatus.Overloaded };
  const answers = title.endsWith("than allowed") ? [answer] : [];
  expect([hostile.received, hostile.bytesRead]).toEqual([answers, answers.length * 16]);

  held.open();
  expect((await bystander.answer(1)).body).toBe("answered\n");
  const next = await app.connect();
  expect((await next.exchange(1, { params: { HOLD: "1" } })).body).toBe("answered\n");
  expect(app.server.stats.requests).toBe(0);
});

const cutRecords: Record<string, number> = { "its header": 5, "its content": 11, "its padding": 16 };

test.for(Object.entries(cutRecords))(
  "[P18][TF16] a connection that ends inside a record, in %s, aborts its requests",
  async ([, length]) => {
    const reason = gate<unknown>();
    const app = await application((request) => {
      request.signal.addEventListener("abort", () => reason.open(request.signal.reason));
    });
    const frontEnd = await app.connect();
    frontEnd.send(open, rawRecord(Stdin, 1, [65, 66, 67, 68, 69], { padding: 5 }).subarray(0, length));
    frontEnd.halfClose();
    expect(await reason.promise).toMatchObject({ code: "FCGI_ERR_TRUNCATED" });
    await frontEnd.ended;
  },
);

test("[P67][TF26] an id that is begun twice: the handler runs once and its answer goes nowhere", async () => {
  const run = gate();
  let runs = 0;
  const app = await application(async (_request, response) => {
    runs++;
    await run.promise;
    response.end("for nobody");
  });
  const frontEnd = await app.connect();
  frontEnd.send(open);
  await frontEnd.ping();
  frontEnd.send(begin);
  await frontEnd.ended;
  run.open();
  await (await app.connect()).ping();
  expect({ runs, received: frontEnd.received }).toEqual({ runs: 1, received: [] });
});

test("what was answered before the fault still arrives, complete", async () => {
  const app = await application((_request, response) => void response.end("z".repeat(100_000)));
  const frontEnd = await app.connect();
  frontEnd.send(request(1), Buffer.from("not FastCGI at all"));
  // The handler runs after the whole chunk is understood: this request fell with its connection.
  await frontEnd.ended;
  expect(frontEnd.received).toEqual([]);
  expect(app.server.stats.totalRequests).toBe(0);

  const patient = await app.connect();
  patient.send(request(1));
  await patient.until(() => patient.received.length > 0);
  patient.send(Buffer.from("not FastCGI at all"));
  expect((await patient.answer(1)).body).toHaveLength(100_000);
  await patient.ended;
});
