import { once } from "node:events";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { createServer } from "../../src/node/index.ts";
import type { NodeListener, NodeServer } from "../../src/node/index.ts";
import { temporaryFolder } from "../support/application.ts";
import { FrontEnd, post, rawRecord, request, stdin } from "../support/front-end.ts";

async function listening(listener: NodeListener): Promise<{ server: NodeServer; connect(): Promise<FrontEnd> }> {
  const path = join(temporaryFolder(), "app.sock");
  const server = createServer({ signals: false }, listener).listen(path);
  onTestFinished(() => server.closeAllConnections());
  await once(server, "listening");
  return {
    server,
    async connect() {
      const frontEnd = await FrontEnd.connect(`unix:${path}`);
      onTestFinished(() => frontEnd.destroy());
      return frontEnd;
    },
  };
}

test("tells where it listens, and that it does", async () => {
  const server = createServer({ signals: false });
  expect([server.listening, server.address(), server.stats]).toEqual([false, null, undefined]);
  server.listen(0);
  await once(server, "listening");
  expect(server.address()).toEqual({ address: "127.0.0.1", family: "IPv4", port: expect.any(Number) as number });
  expect(server.listening).toBe(true);
  expect(() => server.listen(0)).toThrow("listens already");
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(server.listening).toBe(false);
  const error = await new Promise((resolve) => server.close(resolve));
  expect(error).toMatchObject({ code: "FCGI_ERR_CLOSED" });
});

test("an address that is taken is an error event", async () => {
  const path = join(temporaryFolder(), "app.sock");
  await using first = createServer({ signals: false }).listen(path);
  await once(first, "listening");
  const second = createServer({ signals: false }).listen(path);
  const [error] = (await once(second, "error")) as [Error];
  expect(error).toMatchObject({ code: "FCGI_ERR_LISTEN" });
  expect(first.address()).toBe(path);
});

test("[P92] head, body and end leave in one write, the head in one record", async () => {
  const app = await listening((_request, response) => response.setHeader("A", "1").end("body"));
  const answer = await (await app.connect()).exchange(1);
  expect(answer.head).toBe("Status: 200 OK\r\nA: 1\r\nContent-Length: 4\r\n\r\n");
  expect(answer.stdout.map((record) => record.length)).toEqual([answer.head.length + 4, 0]);
  const bytes = await listening((_request, response) => response.end(Buffer.from("body")));
  expect((await (await bytes.connect()).exchange(1)).stdout.map((record) => record.length)).toEqual([41, 0]);
});

test.each<[string, NodeListener]>([
  [
    "throws",
    () => {
      throw new Error("a failure of mine");
    },
  ],
  [
    "rejects",
    async () => {
      await Promise.resolve();
      throw new Error("a failure of mine");
    },
  ],
  [
    "throws after writeHead",
    (_request, response) => {
      response.writeHead(200);
      throw new Error("a failure of mine");
    },
  ],
])("[TF31] a listener that %s is a 500, with the reason in the error log", async (_what, listener) => {
  const app = await listening(listener);
  const frontEnd = await app.connect();
  const answer = await frontEnd.exchange(1);
  expect(answer).toMatchObject({ body: "Internal Server Error\n", appStatus: 1 });
  expect(answer.head).toContain("Status: 500");
  expect(answer.stderr).toContain("a failure of mine");
  expect((await frontEnd.exchange(1)).appStatus).toBe(1);
});

test("[TF31] a listener that fails in the middle of the body cuts the response", async () => {
  const app = await listening(async (_request, response) => {
    await new Promise<void>((resolve) => void response.write("half", () => resolve()));
    throw new Error("a failure of mine");
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1));
  await frontEnd.ended;
  expect(frontEnd.stdoutOf(1)).toContain("half");
  expect(frontEnd.received.some((record) => record.type === 3)).toBe(false);
});

test("[P63][P64] ABORT_REQUEST closes request and response, and is answered", async () => {
  const seen: string[] = [];
  const app = await listening((incoming, response) => {
    incoming.on("aborted", () => seen.push("aborted"));
    incoming.on("error", (error: NodeJS.ErrnoException) => seen.push(String(error.code)));
    response.on("close", () => seen.push("closed"));
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(10), stdin: undefined }), stdin(1, "half"));
  await frontEnd.ping();
  await frontEnd.send(rawRecord(2, 1)).answer(1);
  await frontEnd.ping();
  expect(seen).toEqual(["aborted", "closed", "ECONNRESET"]);
});

test("[P76] an upload that breaks off fails the request, and may still be answered", async () => {
  const app = await listening((incoming, response) => {
    incoming.resume().on("error", (error: NodeJS.ErrnoException) => {
      response.statusCode = 400;
      response.end(`${error.code} ${incoming.complete}`);
    });
  });
  const answer = await (await app.connect()).exchange(1, { params: post(10), stdin: "half" });
  expect(answer.head).toContain("Status: 400");
  expect(answer.body).toBe("ECONNRESET false");
});

test("[P47] a web server that sends no more still gets the answer", async () => {
  let answerNow = (): void => {};
  const app = await listening((_incoming, response) => {
    answerNow = () => void response.end("late");
  });
  const frontEnd = await app.connect();
  frontEnd.keepsOpen = true;
  frontEnd.send(request(1));
  await frontEnd.ping();
  frontEnd.halfClose();
  await frontEnd.until(() => frontEnd.received.some((record) => record.type === 7));
  answerNow();
  expect((await frontEnd.answer(1)).body).toBe("late");
});

test("a body is read no faster than the listener takes it", async () => {
  const app = await listening(async (incoming, response) => {
    await new Promise<void>((resolve) => incoming.once("readable", () => resolve()));
    let length = 0;
    for await (const chunk of incoming) length += (chunk as Buffer).length;
    response.end(String(length));
  });
  const frontEnd = await app.connect();
  const body = "x".repeat(2_000_000);
  const sent = Buffer.concat([request(1, { params: post(body.length), stdin: body })]);
  const answer = await frontEnd.send(sent).answer(1);
  expect(answer.body).toBe("2000000");
});
