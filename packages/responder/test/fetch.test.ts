import { RecordType, encodeRecord } from "@x/protocol";
import { describe, expect, test } from "vitest";

import { fetchApplication } from "./support/application.ts";
import { post, request, stdin } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

const encoder = new TextEncoder();
const abort = encodeRecord({ type: RecordType.AbortRequest, requestId: 1 });

describe("the Request", () => {
  test("has method, URL, headers and body of the browser's request", async () => {
    const app = await fetchApplication(async (request) =>
      Response.json([request.method, request.url, [...request.headers], await request.text()]),
    );
    const params = post(4, {
      REQUEST_METHOD: "PUT",
      REQUEST_URI: "/a/../b?x=1",
      HTTPS: "on",
      HTTP_HOST: "shop.test",
      HTTP_X_COLOUR: "r\u00f6d",
      HTTP_PROXY: "http://evil.test",
      CONTENT_TYPE: "text/plain",
      REMOTE_ADDR: "192.0.2.7",
    });
    const answer = await (await app.connect()).exchange(1, { params, stdin: "body" });
    expect(JSON.parse(Buffer.from(answer.body, "latin1").toString())).toEqual([
      "PUT",
      "https://shop.test/b?x=1",
      [
        ["content-length", "4"],
        ["content-type", "text/plain"],
        ["host", "shop.test"],
        ["x-colour", "r\u00f6d"],
      ],
      "body",
    ]);
  });

  test("the context has the params, the error log, and the request as it came", async () => {
    const app = await fetchApplication((_request, { params, stderr, incoming }) => {
      stderr.write("one line\n");
      return new Response(`${params.get("REMOTE_USER")} ${incoming.url} ${incoming.remoteAddress}`);
    });
    const params = { REMOTE_USER: "ada", REQUEST_URI: "/a/../b", REMOTE_ADDR: "192.0.2.7" };
    const answer = await (await app.connect()).exchange(1, { params });
    expect(answer).toMatchObject({ body: "ada /a/../b 192.0.2.7", stderr: "one line\n", appStatus: 0 });
  });

  test.for(["GET", "HEAD"])("%s has no body, even when STDIN has", async (method) => {
    const app = await fetchApplication(
      (request) => new Response(null, { headers: { "x-body": request.body === null ? "none" : "some" } }),
    );
    const answer = await (
      await app.connect()
    ).exchange(1, { params: post(4, { REQUEST_METHOD: method }), stdin: "body" });
    expect(answer.head).toContain("x-body: none\r\n");
  });

  test("a body of unknown length streams in while the Response streams out", async () => {
    const app = await fetchApplication((request) => new Response(request.body));
    const frontEnd = await app.connect();
    frontEnd.send(request(1, { params: post(undefined), stdin: undefined }), stdin(1, "a"));
    await frontEnd.output(1, "\r\n\r\na");
    frontEnd.send(stdin(1, "b"));
    await frontEnd.output(1, "ab");
    frontEnd.send(stdin(1));
    expect((await frontEnd.answer(1)).body).toBe("ab");
  });

  test("[P76] a body that is cut short fails", async () => {
    const app = await fetchApplication(async (request, { incoming }) => {
      const failure = await request.text().catch((error: unknown) => error);
      return new Response(`${(failure as { code?: string }).code} ${incoming.complete}`);
    });
    const answer = await (await app.connect()).exchange(1, { params: post(10), stdin: "short" });
    expect(answer.body).toBe("FCGI_ERR_BODY_MISMATCH false");
  });

  test.for(["TRACE", "CONNECT", "BAD METHOD"])("the method %o, which Request refuses, gets 501", async (method) => {
    const app = await fetchApplication(() => new Response("not reached"));
    const answer = await (await app.connect()).exchange(1, { params: { REQUEST_METHOD: method } });
    expect(answer).toMatchObject({ body: "Not Implemented\n", appStatus: 0 });
    expect(answer.head).toContain("Status: 501 Not Implemented\r\n");
  });
});

describe("the Response", () => {
  test("[C15][C19] goes out with its own headers and no others, cookies apart", async () => {
    const app = await fetchApplication(() => {
      const response = new Response("made\n", {
        status: 201,
        headers: { "X-One": "1", Connection: "x", Status: "200" },
      });
      response.headers.append("set-cookie", "a=1");
      response.headers.append("set-cookie", "b=2, c");
      return response;
    });
    const answer = await (await app.connect()).exchange(1);
    expect(answer.head.split("\r\n")).toEqual([
      "Status: 201 Created",
      "content-type: text/plain;charset=UTF-8",
      "set-cookie: a=1",
      "set-cookie: b=2, c",
      "x-one: 1",
      "",
      "",
    ]);
    expect(answer.stdout).toHaveLength(2);
  });

  test("keeps its own status text", async () => {
    const app = await fetchApplication(() => new Response(null, { status: 404, statusText: "Gone Fishing" }));
    expect((await (await app.connect()).exchange(1)).head).toBe("Status: 404 Gone Fishing\r\n\r\n");
  });

  test("[C26][C18] HEAD, 204 and 304 send no body, and cancel it", async () => {
    let cancelled = 0;
    const app = await fetchApplication((request) => {
      const body = new ReadableStream({ cancel: () => void cancelled++ }, { highWaterMark: 0 });
      if (request.method === "HEAD") return new Response(body, { headers: { "content-length": "7" } });
      return new Response(null, { status: request.url.endsWith("/204") ? 204 : 304 });
    });
    const frontEnd = await app.connect();
    const head = await frontEnd.exchange(1, { params: { REQUEST_METHOD: "HEAD" } });
    expect(head).toMatchObject({ body: "", head: "Status: 200 OK\r\ncontent-length: 7\r\n\r\n", appStatus: 0 });
    expect(cancelled).toBe(1);
    for (const path of ["/204", "/304"]) {
      expect((await frontEnd.exchange(1, { params: { REQUEST_URI: path } })).body).toBe("");
    }
  });

  test("[P89] chunks go out as they come, and an empty one sends nothing", async () => {
    const next = gate<ReadableStreamDefaultController<Uint8Array>>();
    const app = await fetchApplication(() => new Response(new ReadableStream({ start: next.open })));
    const frontEnd = await app.connect();
    frontEnd.send(request(1));
    const controller = await next.promise;
    await frontEnd.output(1, "Status: 200 OK\r\n\r\n");
    controller.enqueue(encoder.encode("data: 1\n\n"));
    await frontEnd.output(1, "data: 1\n\n");
    controller.enqueue(new Uint8Array(0));
    controller.enqueue(encoder.encode("data: 2\n\n"));
    await frontEnd.output(1, "data: 2\n\n");
    controller.close();
    const answer = await frontEnd.answer(1);
    expect(answer.body).toBe("data: 1\n\ndata: 2\n\n");
    expect(answer.stdout.map(({ length }) => length).indexOf(0)).toBe(answer.stdout.length - 1);
  });

  test("a large body arrives whole", async () => {
    const bytes = new Uint8Array(1_000_003).map((_, index) => index);
    const app = await fetchApplication(() => new Response(bytes));
    const answer = await (await app.connect()).exchange(1);
    expect(Buffer.from(answer.body, "latin1").equals(bytes)).toBe(true);
  });
});

const failures: Record<string, () => Response | Promise<Response>> = {
  "a throw": () => {
    throw new Error("secret detail");
  },
  "a rejection": () => Promise.reject(new Error("secret detail")),
  "Response.error()": () => Response.error(),
  "no Response at all": () => undefined as never,
  "a body that was read before": () => {
    const response = new Response("secret detail");
    void response.text();
    return response;
  },
  "a body that fails before its first byte": () =>
    new Response(new ReadableStream({ start: (controller) => controller.error(new Error("secret detail")) })),
};

test.for(Object.entries(failures))("[TF31] %s is a bare 500 with an exit status", async ([, fetch]) => {
  const app = await fetchApplication(fetch);
  const frontEnd = await app.connect();
  const answer = await frontEnd.exchange(1);
  expect(answer).toMatchObject({
    head: "Status: 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
    body: "Internal Server Error\n",
    appStatus: 1,
    protocolStatus: 0,
  });
  expect(answer.stderr).toMatch(/Error/);
  expect((await frontEnd.exchange(1)).appStatus).toBe(1);
});

test("[TF32] a header that cannot be sent is a 500, and the body is cancelled", async () => {
  const cancelled = gate<unknown>();
  const app = await fetchApplication(
    () => new Response(new ReadableStream({ cancel: cancelled.open }), { headers: { "x-bad": "a\u0001b" } }),
  );
  expect(await (await app.connect()).exchange(1)).toMatchObject({ body: "Internal Server Error\n", appStatus: 1 });
  expect(await cancelled.promise).toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
});

test("[TF31] a body that fails after its first bytes is cut visibly: no END_REQUEST, the connection closes", async () => {
  const fail = gate();
  const app = await fetchApplication(
    () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(encoder.encode("half a page")),
          async pull(controller) {
            await fail.promise;
            controller.error(new Error("the database went away"));
          },
        }),
      ),
  );
  const frontEnd = await app.connect();
  await frontEnd.send(request(1)).output(1, "half a page");
  fail.open();
  await frontEnd.ended;
  expect(frontEnd.received.map(({ type }) => type)).toEqual([
    RecordType.Stdout,
    RecordType.Stderr,
    RecordType.AbortRequest,
  ]);
});

test("[TF31] on a shared connection it ends with an exit status, and the others live on", async () => {
  const fail = gate();
  const hold = gate();
  const app = await fetchApplication(async (request) => {
    if (request.method === "POST") {
      await hold.promise;
      return new Response("unharmed\n");
    }
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode("half")),
      pull: (controller) => fail.promise.then(() => controller.error(new Error("gone"))),
    });
    return new Response(body);
  });
  const frontEnd = await app.connect();
  await frontEnd.send(request(2, { params: post(0) }), request(1)).output(1, "half");
  fail.open();
  expect(await frontEnd.answer(1)).toMatchObject({ body: "half", appStatus: 1 });
  hold.open();
  expect((await frontEnd.answer(2)).body).toBe("unharmed\n");
});

describe("[P63][TF30] an abort", () => {
  test("before the Response: the signal fires, and the answer is an empty end", async () => {
    const app = await fetchApplication(async (request) => {
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      expect(request.signal.reason).toMatchObject({ code: "FCGI_ERR_ABORTED" });
      throw request.signal.reason as Error;
    });
    const frontEnd = await app.connect();
    frontEnd.send(request(1, { params: post(0) }));
    await frontEnd.ping();
    frontEnd.send(abort);
    const answer = await frontEnd.answer(1);
    expect(answer).toMatchObject({ stderr: "", appStatus: 1, protocolStatus: 0 });
    expect(answer.stdout).toEqual([new Uint8Array(0)]);
  });

  test("during the Response: its body is cancelled with the reason, and the request ended", async () => {
    const cancelled = gate<unknown>();
    const app = await fetchApplication(() => {
      const start = (controller: ReadableStreamDefaultController): void => controller.enqueue(encoder.encode("tick;"));
      return new Response(new ReadableStream({ start, cancel: cancelled.open }));
    });
    const frontEnd = await app.connect();
    await frontEnd.send(request(1)).output(1, "tick;");
    frontEnd.send(abort);
    expect(await frontEnd.answer(1)).toMatchObject({ body: "tick;", appStatus: 1 });
    expect(await cancelled.promise).toMatchObject({ code: "FCGI_ERR_ABORTED" });
  });

  test("by a web server that shuts down its side: what was begun is cut, not ended", async () => {
    const app = await fetchApplication(() => {
      const start = (controller: ReadableStreamDefaultController): void => controller.enqueue(encoder.encode("tick;"));
      return new Response(new ReadableStream({ start }));
    });
    const frontEnd = await app.connect();
    await frontEnd.send(request(1)).output(1, "tick;");
    frontEnd.halfClose();
    await frontEnd.ended;
    expect(frontEnd.received.at(-1)?.type).toBe(RecordType.AbortRequest);
  });

  test("by a connection that goes away: the body is cancelled, nothing is left running", async () => {
    const cancelled = gate<unknown>();
    const app = await fetchApplication(() => {
      const start = (controller: ReadableStreamDefaultController): void => controller.enqueue(encoder.encode("tick;"));
      return new Response(new ReadableStream({ start, cancel: cancelled.open }));
    });
    const frontEnd = await app.connect();
    await frontEnd.send(request(1)).output(1, "tick;");
    frontEnd.destroy();
    expect(await cancelled.promise).toMatchObject({ code: "FCGI_ERR_SOCKET" });
    const other = await app.connect();
    await other.ping();
    expect(app.server.stats.requests).toBe(0);
  });
});
