import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { RecordType, encodeRecord } from "@x/protocol";
import { describe, expect, test } from "vitest";

import type { FastCGIResponse, HeadersInput, RequestHandler } from "../src/index.ts";
import { application } from "./support/application.ts";
import type { Answer } from "./support/front-end.ts";
import { request } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

async function answerOf(handler: RequestHandler, params: Record<string, string> = {}): Promise<Answer> {
  const app = await application(handler);
  return (await app.connect()).exchange(1, { params });
}

describe("the head", () => {
  test("[C15] has what it is given and nothing else", async () => {
    const answer = await answerOf((_request, response) => {
      response.writeHead(418, { "X-Pot": "short & stout", "Set-Cookie": ["a", "b"], "Content-Length": 0 }).end();
    });
    expect(answer.head).toBe(
      "Status: 418 I'm a Teapot\r\nX-Pot: short & stout\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
    );
  });

  test("[P91] is there even when the handler says nothing but the end", async () => {
    expect(await answerOf((_request, response) => void response.end())).toMatchObject({
      head: "Status: 200 OK\r\n\r\n",
      body: "",
    });
  });

  test("takes the status from statusCode when writeHead is not called", async () => {
    const answer = await answerOf((_request, response) => {
      response.statusCode = 404;
      response.end("none\n");
    });
    expect(answer).toMatchObject({ head: "Status: 404 Not Found\r\n\r\n", body: "none\n" });
  });

  test("takes a status text, and one that is unknown to HTTP none", async () => {
    const custom = await answerOf((_request, response) => void response.writeHead(299, {}, "Quite All Right").end());
    expect(custom.head).toBe("Status: 299 Quite All Right\r\n\r\n");
    const unknown = await answerOf((_request, response) => void response.writeHead(299).end());
    expect(unknown.head).toBe("Status: 299\r\n\r\n");
  });

  test("[P92] goes with the first bytes of a body in one record, however large the body is", async () => {
    const body = "b".repeat(1_000_000);
    const answer = await answerOf((_request, response) => void response.writeHead(200, { "X-A": "1" }).end(body));
    expect(answer.body).toBe(body);
    expect(answer.stdout[0]!.length).toBeGreaterThan(answer.head.length);
  });

  test("[P89] goes alone, at once, when the body comes later", async () => {
    const next = gate<FastCGIResponse>();
    const app = await application((_request, response) => next.open(response.writeHead(200)));
    const frontEnd = await app.connect();
    await frontEnd.send(request(1)).output(1, "Status: 200 OK\r\n\r\n");
    (await next.promise).end("later\n");
    expect(await frontEnd.answer(1)).toMatchObject({ body: "later\n" });
  });

  test("cannot be written twice, nor after the body has begun", async () => {
    const errors: unknown[] = [];
    await answerOf((_request, response) => {
      const again = (): void => {
        try {
          response.writeHead(500);
        } catch (error) {
          errors.push(error);
        }
      };
      response.writeHead(200);
      expect(response.headersSent).toBe(true);
      again();
      response.write("body");
      again();
      response.end();
      again();
    });
    expect(errors).toMatchObject(Array.from({ length: 3 }, () => ({ code: "FCGI_ERR_HEADERS_SENT" })));
  });

  const bad: Record<string, [number, HeadersInput, string?]> = {
    "CR LF in a value": [200, { "X-A": "1\r\nSet-Cookie: evil=1" }],
    "LF in a value": [200, { "X-A": "1\nX-B: 2" }],
    "CR in a value": [200, { "X-A": "1\r2" }],
    "NUL in a value": [200, { "X-A": "1\0" }],
    "a character above U+00FF in a value": [200, { "X-A": "\u20ac" }],
    "CR LF in a name": [200, { "X-A: 1\r\nX-B": "2" }],
    "a space in a name": [200, { "X A": "1" }],
    "an empty name": [200, { "": "1" }],
    "Status as a header": [200, { Status: "500" }],
    "CR LF in the status text": [200, {}, "OK\r\nX-A: 1"],
    "a status of 99": [99, {}],
    "a status of 600": [600, {}],
    "a status of 200.5": [200.5, {}],
    "a status of NaN": [Number.NaN, {}],
  };

  test.for(Object.entries(bad))("[TF32] with %s throws at the call, and nothing is sent", async ([, head]) => {
    const answer = await answerOf((_request, response) => {
      expect(() => response.writeHead(...head)).toThrow(expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }));
      expect(response.headersSent).toBe(false);
      response.writeHead(200, { "X-Good": "1" }).end();
    });
    expect(answer.head).toBe("Status: 200 OK\r\nX-Good: 1\r\n\r\n");
  });
});

describe("the body", () => {
  test("[P25][P89] of text and bytes, where empty writes send nothing", async () => {
    const answer = await answerOf((_request, response) => {
      response.write("");
      response.write(new Uint8Array(0));
      response.write("h\u00e9");
      response.write(Uint8Array.of(0, 255));
      response.write("c3a9", "hex");
      response.end();
    });
    expect(answer.body).toBe("h\u00c3\u00a9\u0000\u00ff\u00c3\u00a9");
    expect(answer.stdout.map(({ length }) => length).indexOf(0)).toBe(answer.stdout.length - 1);
  });

  test("[C26] is dropped for HEAD", async () => {
    const answer = await answerOf(
      (_request, response) => {
        expect(response.writeHead(200, { "Content-Length": "5" }).write("12345")).toBe(true);
        response.end("more");
      },
      { REQUEST_METHOD: "HEAD" },
    );
    expect(answer).toMatchObject({ head: "Status: 200 OK\r\nContent-Length: 5\r\n\r\n", body: "" });
  });

  test.for([204, 304])("[C18] is dropped for %i", async (status) => {
    expect((await answerOf((_request, response) => void response.writeHead(status).end("body"))).body).toBe("");
  });

  test("ends once: later bytes throw, a later end does nothing", async () => {
    const answer = await answerOf((_request, response) => {
      response.end("all");
      expect(() => response.write("more")).toThrow(expect.objectContaining({ code: "FCGI_ERR_CLOSED" }));
      expect(() => response.end("more")).toThrow(expect.objectContaining({ code: "FCGI_ERR_CLOSED" }));
      response.end();
    });
    expect(answer.body).toBe("all");
  });

  test("[P94] is cut at 65,528 bytes a record", async () => {
    const body = "b".repeat(300_000);
    const answer = await answerOf((_request, response) => void response.end(body));
    expect(answer.body).toBe(body);
    expect(Math.max(...answer.stdout.map(({ length }) => length))).toBeLessThanOrEqual(65_528);
  });
});

describe("as a stream", () => {
  test("tells drain, finish and close, and calls callbacks", async () => {
    const events: string[] = [];
    const app = await application(async (_request, response) => {
      for (const event of ["drain", "finish", "close"] as const) response.on(event, () => events.push(event));
      expect(response.write(Buffer.alloc(1_000_000), () => events.push("written"))).toBe(false);
      expect(response.writableNeedDrain).toBe(true);
      await once(response, "drain");
      expect(response.writableNeedDrain).toBe(false);
      response.end("end", () => events.push("ended"));
      expect([response.writable, response.writableEnded, response.writableFinished]).toEqual([false, true, false]);
      await once(response, "close");
      expect([response.writableFinished, response.destroyed]).toEqual([true, false]);
    });
    await (await app.connect()).exchange(1);
    expect(events).toEqual(["written", "drain", "finish", "ended", "close"]);
  });

  test("tells close without finish when the connection goes away before the last bytes have left", async () => {
    const events: string[] = [];
    const closed = gate();
    const app = await application(async (_request, response) => {
      for (const event of ["finish", "close"] as const) response.on(event, () => events.push(event));
      response.on("close", () => closed.open());
      response.write(Buffer.alloc(8_000_000));
      await new Promise<void>((resolve) => void setImmediate(resolve)); // handed to a socket that is full now
      response.end("the end waits behind it");
    });
    const frontEnd = await app.connect();
    frontEnd.stopReading();
    frontEnd.send(request(1));
    const bystander = await app.connect();
    while (app.server.stats.requests > 0 || app.server.stats.totalRequests === 0) await bystander.ping();
    frontEnd.destroy();
    await closed.promise;
    expect(events).toEqual(["close"]);
  });

  test("pipeline() rejects when the connection goes away", async () => {
    const failure = gate<unknown>();
    const app = await application(async (_request, response) => {
      async function* endless(): AsyncGenerator<string> {
        for (;;) {
          yield "tick;";
          await once(process, "responder-test-tick");
        }
      }
      await pipeline(Readable.from(endless()), response).catch(failure.open);
      expect(response.destroyed).toBe(true);
      expect(response.write("to nobody")).toBe(false);
      response.end();
    });
    const frontEnd = await app.connect();
    await frontEnd.send(request(1)).output(1, "tick;");
    frontEnd.destroy();
    // A write is what tells a connection that is gone from one that only sends no more.
    const tick = setInterval(() => process.emit("responder-test-tick" as never), 1);
    expect(await failure.promise).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    clearInterval(tick);
  });

  test("pipeline() from a source that fails at once is a 500", async () => {
    const answer = await answerOf(async (_request, response) => {
      const failing = new Readable({ read: () => void failing.destroy(new Error("no such file")) });
      await pipeline(failing, response).catch(() => {});
    });
    expect(answer).toMatchObject({ body: "Internal Server Error\n", appStatus: 1 });
    expect(answer.stderr).toContain("no such file");
  });
});

describe("stderr and appStatus", () => {
  test("[P72][P73][P93] stderr goes before, between and without output", async () => {
    const answer = await answerOf((_request, response) => {
      response.stderr.write("before\n");
      response.write("out1");
      response.stderr.write(Buffer.from("between\n"));
      response.end("out2");
    });
    expect(answer).toMatchObject({ body: "out1out2", stderr: "before\nbetween\n" });
  });

  test("[P72] no STDERR record unless it is used, an empty one at its end if it is", async () => {
    const app = await application((request, response) => {
      if (request.id === 2) response.stderr.write("x");
      response.stderr.write("");
      response.end();
      expect(response.stderr.write("too late")).toBe(false);
    });
    const frontEnd = await app.connect();
    const types = async (id: number): Promise<number[]> => {
      await frontEnd.send(request(id)).until(() => frontEnd.received.at(-1)?.type === RecordType.EndRequest);
      return frontEnd.received.splice(0).map(({ type }) => type);
    };
    const { Stdout, Stderr, EndRequest } = RecordType;
    expect(await types(1)).toEqual([Stdout, Stdout, EndRequest]);
    expect(await types(2)).toEqual([Stderr, Stdout, Stdout, Stderr, EndRequest]);
  });

  test("[P79][P28] the exit status is told as it is, up to 32 bits", async () => {
    for (const status of [0, 938, 0xffff_ffff]) {
      const answer = await answerOf((_request, response) => {
        response.appStatus = status;
        response.end();
      });
      expect(answer).toMatchObject({ appStatus: status, protocolStatus: 0 });
    }
  });

  test.for([-1, 0x1_0000_0000, 1.5, Number.NaN])("%d is no exit status", async (status) => {
    await answerOf((_request, response) => {
      expect(() => (response.appStatus = status)).toThrow(
        expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
      );
      response.end();
    });
  });
});

describe("[TF31] a handler that fails", () => {
  const handlers: Record<string, RequestHandler> = {
    "by a throw": () => {
      throw new Error("secret detail");
    },
    "by a rejection": () => Promise.reject(new Error("secret detail")),
    "after a head that nobody has seen": (_request, response) => {
      response.writeHead(200, { "X-Secret": "1" });
      throw new Error("secret detail");
    },
    "by destroy()": (_request, response) => void response.destroy(new Error("secret detail")),
  };

  test.for(Object.entries(handlers))("[P87] %s gets a bare 500, details go to stderr", async ([, handler]) => {
    const answer = await answerOf(handler);
    expect(answer).toMatchObject({
      head: "Status: 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
      body: "Internal Server Error\n",
      appStatus: 1,
    });
    expect(answer.stderr).toContain("secret detail");
  });

  test("keeps the exit status that it has set", async () => {
    const answer = await answerOf((_request, response) => {
      response.appStatus = 3;
      throw new Error("no");
    });
    expect(answer.appStatus).toBe(3);
  });

  test("after the head was sent is cut off: no END_REQUEST, the connection closes", async () => {
    const fail = gate();
    const app = await application(async (request, response) => {
      request.signal.addEventListener("abort", () => response.end("not even now"));
      response.write("half");
      if (request.id === 2) return void response.end();
      await fail.promise;
      throw new Error("no");
    });
    const frontEnd = await app.connect();
    await frontEnd.send(request(1)).output(1, "half");
    fail.open();
    await frontEnd.ended;
    expect(frontEnd.received.map(({ type }) => type)).toEqual([
      RecordType.Stdout,
      RecordType.Stderr,
      RecordType.AbortRequest,
    ]);
    expect((await (await app.connect()).exchange(2)).body).toBe("half");
    expect(app.server.stats.requests).toBe(0);
  });

  test("after the end has answered already", async () => {
    const answer = await answerOf(async (_request, response) => {
      response.end("answered\n");
      await Promise.resolve();
      throw new Error("too late to matter");
    });
    expect(answer).toMatchObject({ body: "answered\n", appStatus: 0, stderr: "" });
  });

  test("because it was aborted is not reported as a failure", async () => {
    const app = await application(async (request) => {
      await new Promise((_resolve, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
      });
    });
    const frontEnd = await app.connect();
    frontEnd.send(request(1));
    await frontEnd.ping();
    frontEnd.send(encodeRecord({ type: RecordType.AbortRequest, requestId: 1 }));
    expect(await frontEnd.answer(1)).toMatchObject({ stderr: "", appStatus: 1, protocolStatus: 0 });
  });
});
