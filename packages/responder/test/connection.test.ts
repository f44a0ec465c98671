import { RecordType, decodeNameValues, encodeNameValues, encodeRecord } from "@x/protocol";
import { expect, test } from "vitest";

import type { FastCGIRequest, FastCGIResponse } from "../src/index.ts";
import { application } from "./support/application.ts";
import { post, rawRecord, request, stdin } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

const hello = (_request: FastCGIRequest, response: FastCGIResponse): void => {
  response.writeHead(200, { "Content-Type": "text/plain" }).end("hello\n");
};

/** Answers with all of its input. */
const echo = async (request: FastCGIRequest, response: FastCGIResponse): Promise<void> => {
  const chunks = await request.stdin.toArray();
  response.end(Buffer.concat(chunks));
};

test("[P9][P96] answers with the id of the request", async () => {
  const frontEnd = await (await application(hello)).connect();
  for (const id of [1, 300, 65_535]) {
    const answer = await frontEnd.exchange(id);
    expect(answer).toMatchObject({ body: "hello\n", appStatus: 0, protocolStatus: 0 });
  }
  expect(frontEnd.received).toEqual([]);
});

test("[P92] head and body of one turn are one record, and the end comes in the same write", async () => {
  const frontEnd = await (await application(hello)).connect();
  const answer = await frontEnd.exchange(1);
  expect(answer.head).toBe("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n");
  expect(answer.stdout.map((content) => content.length)).toEqual([answer.head.length + 6, 0]);
});

test("[P43] a connection with KEEP_CONN stays open, one without is closed after END_REQUEST", async () => {
  const app = await application(hello);
  const kept = await app.connect();
  await kept.exchange(1, { keepConn: true });
  await kept.exchange(1, { keepConn: true });
  const last = await kept.exchange(1, { keepConn: false });
  expect(last.body).toBe("hello\n");
  await kept.ended;
  expect(app.server.stats).toMatchObject({ totalConnections: 1, totalRequests: 3 });
});

test("[P43] other bits of the flags are ignored", async () => {
  const frontEnd = await (await application(hello)).connect();
  const flags = rawRecord(RecordType.BeginRequest, 1, [0, 1, 0xff, 9, 9, 9, 9, 9]);
  frontEnd.send(flags, request(1).subarray(16));
  await frontEnd.answer(1);
  await frontEnd.ping();
});

test("[P44] with mixed flags the connection closes when the last request has ended", async () => {
  const slow = gate();
  const app = await application(async (request, response) => {
    if (request.id === 2) await slow.promise;
    response.end("done\n");
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(2, { keepConn: true }), request(1, { keepConn: false }));
  await frontEnd.answer(1);
  await frontEnd.ping();
  slow.open();
  expect((await frontEnd.answer(2)).body).toBe("done\n");
  await frontEnd.ended;
});

test("[P46][P45] a web server that closes aborts all its requests", async () => {
  const reasons: unknown[] = [];
  const all = gate();
  const app = await application((request) => {
    request.signal.addEventListener("abort", () => {
      if (reasons.push(request.signal.reason) === 2) all.open();
    });
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1), request(2));
  await frontEnd.ping();
  frontEnd.destroy();
  await all.promise;
  expect(reasons).toMatchObject([{ code: "FCGI_ERR_SOCKET" }, { code: "FCGI_ERR_SOCKET" }]);
});

test("[P47] a web server that shuts down its side gets the answer all the same", async () => {
  const aborted = gate();
  const app = await application(async (request, response) => {
    request.signal.addEventListener("abort", () => aborted.open());
    await aborted.promise;
    response.end("late, but here\n");
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1));
  await frontEnd.ping();
  frontEnd.halfClose();
  expect((await frontEnd.answer(1)).body).toBe("late, but here\n");
  await frontEnd.ended;
});

test("[P48] input that nobody reads does not destroy the tail of a response", async () => {
  const body = "x".repeat(200_000);
  const app = await application((_request, response) => void response.end(body), { listen: "tcp://127.0.0.1:0" });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { keepConn: false, params: post(1_000_000), stdin: undefined }));
  for (let sent = 0; sent < 20; sent++) frontEnd.send(stdin(1, "y".repeat(50_000)));
  expect((await frontEnd.answer(1)).body).toBe(body);
  await frontEnd.ended;
  expect(frontEnd.socket.errored).toBeNull();
});

test("[P22][P26][P65] records for ids that are not in use are ignored", async () => {
  const frontEnd = await (await application(hello)).connect();
  frontEnd.send(
    stdin(7, "nobody asked"),
    encodeRecord({ type: RecordType.AbortRequest, requestId: 7 }),
    rawRecord(RecordType.Params, 9, [1, 2, 3]),
    request(1),
  );
  expect((await frontEnd.answer(1)).body).toBe("hello\n");
  frontEnd.send(stdin(1, "after the end"), stdin(1), encodeRecord({ type: RecordType.AbortRequest, requestId: 1 }));
  await frontEnd.ping();
  expect(frontEnd.received).toEqual([]);
});

test("[P70][P77] input left over by one request does not reach the next one with its id", async () => {
  const app = await application(async (request, response) => {
    if (request.method === "GET") response.end("no body wanted\n");
    else await echo(request, response);
  });
  const frontEnd = await app.connect();
  await frontEnd.exchange(1, { params: { REQUEST_METHOD: "GET" }, stdin: undefined });
  frontEnd.send(stdin(1, "SMUGGLED"), stdin(1), request(1, { params: post(4), stdin: "mine" }));
  expect((await frontEnd.answer(1)).body).toBe("mine");
});

test("[P16] bytes may come one by one", async () => {
  const frontEnd = await (await application(echo)).connect();
  frontEnd.socket.setNoDelay();
  for (const byte of request(300, { params: post(5), stdin: "bytes" })) {
    frontEnd.send(Uint8Array.of(byte));
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  expect((await frontEnd.answer(300)).body).toBe("bytes");
});

test("[P17][P74] many requests in one chunk run at once, in the order they came", async () => {
  const order: number[] = [];
  const app = await application((request, response) => {
    order.push(request.id);
    response.end(`${request.id}\n`);
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(5), request(3), request(4));
  for (const id of [3, 4, 5]) expect((await frontEnd.answer(id)).body).toBe(`${id}\n`);
  expect(order).toEqual([5, 3, 4]);
});

test("[P74][TF22] interleaved requests keep their bytes apart and end in any order", async () => {
  const frontEnd = await (await application(echo)).connect();
  frontEnd.send(request(1, { params: post(6), stdin: undefined }), request(2, { params: post(6), stdin: undefined }));
  frontEnd.send(stdin(1, "one"), stdin(2, "TWO"), stdin(2, "two"), stdin(2));
  expect((await frontEnd.answer(2)).body).toBe("TWOtwo");
  frontEnd.send(stdin(1, "ONE"), stdin(1));
  expect((await frontEnd.answer(1)).body).toBe("oneONE");
});

test("[P74] full duplex: output comes before the input ends", async () => {
  const app = await application(async (request, response) => {
    for await (const chunk of request.stdin) response.write(`got ${String(chunk)};`);
    response.end("end");
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(undefined), stdin: undefined }), stdin(1, "a"));
  await frontEnd.output(1, "got a;");
  frontEnd.send(stdin(1, "b"));
  await frontEnd.output(1, "got b;");
  frontEnd.send(stdin(1));
  expect((await frontEnd.answer(1)).body).toBe("got a;got b;end");
});

test("[P60][V15] without multiplexing a second request gets CANT_MPX_CONN and harms nobody", async () => {
  const first = gate();
  const app = await application(
    async (_request, response) => {
      await first.promise;
      response.end("first\n");
    },
    { multiplex: 1 },
  );
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { keepConn: true }), request(2, { keepConn: false, stdin: "for nobody" }));
  const refused = await frontEnd.answer(2);
  expect(refused).toMatchObject({ protocolStatus: 1, appStatus: 0, stdout: [], stderr: "" });
  first.open();
  expect((await frontEnd.answer(1)).body).toBe("first\n");
  expect(app.server.stats.totalRequests).toBe(1);
});

test("[P61][P62] over maxRequests the answer is OVERLOADED, on this connection and on others", async () => {
  const held = gate();
  const app = await application(
    async (_request, response) => {
      await held.promise;
      response.end("served\n");
    },
    { maxRequests: 2 },
  );
  const [one, two] = [await app.connect(), await app.connect()];
  one.send(request(1), request(2), request(3));
  expect(await one.answer(3)).toMatchObject({ protocolStatus: 2, stdout: [] });
  expect(await two.exchange(1)).toMatchObject({ protocolStatus: 2, stdout: [] });
  expect(app.server.stats).toMatchObject({ requests: 2, refusedRequests: 2 });
  held.open();
  await one.answer(1);
  await one.answer(2);
  expect(app.server.stats.requests).toBe(0);
  expect((await two.exchange(1)).body).toBe("served\n");
});

test("[TF28][V12] requests begun on one connection are limited", async () => {
  const app = await application(hello);
  const frontEnd = await app.connect();
  const begins = Array.from({ length: 200 }, (_, index) =>
    encodeRecord({ type: RecordType.BeginRequest, requestId: index + 1, keepConn: true }),
  );
  frontEnd.send(...begins);
  await frontEnd.ping();
  expect(frontEnd.received).toHaveLength(200 - 64);
  expect(frontEnd.received[0]).toMatchObject({ type: RecordType.EndRequest, requestId: 65, protocolStatus: 2 });
  expect(app.server.stats.requests).toBe(64);
  frontEnd.destroy();
});

test.for([2, 3, 9, 0])("[P59][TF27] role %i gets UNKNOWN_ROLE, and the connection stays", async (role) => {
  const app = await application(hello);
  const frontEnd = await app.connect();
  expect(await frontEnd.exchange(1, { role })).toMatchObject({
    protocolStatus: 3,
    appStatus: 0,
    stdout: [],
    stderr: "",
  });
  expect((await frontEnd.exchange(1)).body).toBe("hello\n");
  expect(app.server.stats.totalRequests).toBe(1);
});

test("[P49][P50][P51][P54] GET_VALUES is answered truthfully, before and while requests run", async () => {
  const held = gate();
  const app = await application(() => held.promise, { maxConnections: 7, maxRequests: 5 });
  const frontEnd = await app.connect();
  const ask = async (...names: string[]): Promise<Record<string, string>> => {
    const content = encodeNameValues(names.map((name) => [name, ""] as const));
    frontEnd.send(encodeRecord({ type: RecordType.GetValues, content }));
    await frontEnd.until(() => frontEnd.received.length > 0);
    const record = frontEnd.received.shift()!;
    expect(record).toMatchObject({ type: RecordType.GetValuesResult, requestId: 0 });
    return "content" in record ? decodeNameValues(record.content).toObject() : {};
  };
  const all = { FCGI_MAX_CONNS: "7", FCGI_MAX_REQS: "5", FCGI_MPXS_CONNS: "1" };
  expect(await ask("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS", "NO_SUCH", "toString")).toEqual(all);
  frontEnd.send(request(1));
  expect(await ask("FCGI_MPXS_CONNS")).toEqual({ FCGI_MPXS_CONNS: "1" });
  expect(await ask()).toEqual({});
  expect(await ask(...Array.from({ length: 500 }, () => "FCGI_MAX_REQS"))).toEqual({ FCGI_MAX_REQS: "5" });
});

test("[P55][P56] unknown management records get UNKNOWN_TYPE, answers that nobody asked for nothing", async () => {
  const frontEnd = await (await application(hello)).connect();
  frontEnd.send(
    rawRecord(99, 0, [1, 2, 3]),
    rawRecord(RecordType.GetValuesResult, 0),
    rawRecord(RecordType.UnknownType, 0, [9, 0, 0, 0, 0, 0, 0, 0]),
  );
  await frontEnd.ping();
  expect(frontEnd.received).toEqual([{ type: RecordType.UnknownType, requestId: 0, unknownType: 99 }]);
  expect((await frontEnd.exchange(1)).body).toBe("hello\n");
});

test("[P63][P64] ABORT reaches the handler as a signal, and the handler answers", async () => {
  const app = await application((request, response) => {
    request.signal.addEventListener("abort", () => {
      response.appStatus = 9;
      response.end("as far as I came\n");
    });
    response.write("begun;");
  });
  const frontEnd = await app.connect();
  await frontEnd.send(request(1)).output(1, "begun;");
  frontEnd.send(encodeRecord({ type: RecordType.AbortRequest, requestId: 1 }));
  expect(await frontEnd.answer(1)).toMatchObject({
    body: "begun;as far as I came\n",
    appStatus: 9,
    protocolStatus: 0,
  });
  await frontEnd.ping();
  expect(frontEnd.received).toEqual([]);
});

test("[P65] ABORT before the end of PARAMS: the handler never hears of the request", async () => {
  const app = await application(hello);
  const frontEnd = await app.connect();
  frontEnd.send(
    encodeRecord({ type: RecordType.BeginRequest, requestId: 1, keepConn: true }),
    encodeRecord({ type: RecordType.AbortRequest, requestId: 1 }),
  );
  expect(await frontEnd.answer(1)).toMatchObject({ protocolStatus: 0, stdout: [] });
  expect(app.server.stats).toMatchObject({ totalRequests: 0, requests: 0 });
});

test("[P63] a request and its ABORT in one chunk: the handler runs, with the signal aborted", async () => {
  const seen = gate<boolean>();
  const app = await application((request, response) => {
    seen.open(request.signal.aborted);
    response.end();
  });
  const frontEnd = await app.connect();
  frontEnd.send(
    request(1, { params: post(5), stdin: undefined }),
    encodeRecord({ type: RecordType.AbortRequest, requestId: 1 }),
  );
  await frontEnd.answer(1);
  expect(await seen.promise).toBe(true);
});
