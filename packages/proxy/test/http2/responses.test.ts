import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";

import { describe, expect, test } from "vitest";

import { GET, H2Client, HEADERS, POST, RST_STREAM, WINDOW_UPDATE, number } from "../support/h2-client.ts";
import { HEAD, answerOf, clientOf, serveH2 } from "../support/h2-server.ts";

describe("responses", () => {
  test("[TB24] what belongs to another connection is left out, bytes stay", async () => {
    const fields =
      "Connection: close\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nTE: x\r\nProxy-Connection: x\r\n";
    const { port } = await serveH2((request) =>
      request.end(`${fields}X-Name: \xe4\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nETag: "1"\r\n${HEAD}hello`),
    );
    const { headers, body } = await answerOf(clientOf(port).request({ ":path": "/" }));
    expect(headers).toMatchObject({
      ":status": 200,
      "x-name": "\xe4",
      "set-cookie": ["a", "b"],
      "content-length": "5",
    });
    for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "proxy-connection"])
      expect(headers).not.toHaveProperty(name);
    expect(body).toBe("hello");
  });

  test("[TB24] a head that cannot be sent harms no other request", async () => {
    const { port } = await serveH2((request) => {
      if (request.params["PATH_INFO"] === "/bad") request.end(`X-Name: a\0b\r\n${HEAD}bad`);
      else request.end(`${HEAD}fine`);
    });
    const client = clientOf(port);
    const [bad, fine] = [client.request({ ":path": "/bad" }), client.request({ ":path": "/fine" })];
    expect((await answerOf(bad)).headers[":status"]).toBe(502);
    expect((await answerOf(fine)).body).toBe("fine");
  });

  test("[TB25] a body longer than announced is cut there, and other requests go on", async () => {
    const { port } = await serveH2((request) => {
      if (request.params["PATH_INFO"] === "/long") request.write(`Content-Length: 3\r\n${HEAD}`).end("hello");
      else request.end(`${HEAD}fine`);
    });
    const client = clientOf(port);
    const [long, fine] = [client.request({ ":path": "/long" }), client.request({ ":path": "/fine" })];
    expect((await answerOf(long)).body).toBe("hel");
    expect((await answerOf(fine)).body).toBe("fine");
    expect(client.destroyed).toBe(false);
  });

  test.each([
    ["of known length", "Content-Length: 30\r\n"],
    ["of unknown length", ""],
  ])("[TG18] one %s that breaks off never ends in order", async (_what, length) => {
    const { port, backend, server } = await serveH2((request) => void request.write(`${length}${HEAD}half`));
    for (const end of [
      async (): Promise<void> => (await backend.request(0)).kill(),
      async (): Promise<void> => server.destroy(),
    ]) {
      const client = await H2Client.connect(port);
      client.headers(1, GET);
      await client.until(0, 1);
      await end();
      await Promise.race([client.until(RST_STREAM, 1), client.closed()]);
      expect(client.body(1)).toBe("half");
      expect(client.frames.filter(({ type, flags }) => type === 0 && (flags & 1) === 1)).toEqual([]);
    }
  });

  test("[TG06] [TG18] one that breaks off is a reset, and other requests go on", async () => {
    const { port, backend } = await serveH2((request) => {
      if (request.params["PATH_INFO"] === "/half") request.write(`Content-Length: 30\r\n${HEAD}half`);
      else request.end(`${HEAD}fine`);
    });
    const client = clientOf(port);
    const half = client.request({ ":path": "/half" });
    await once(half, "data");
    (await backend.request(0)).kill();
    const [error] = (await once(half, "error")) as [Error];
    expect(error.message).toContain("NGHTTP2_INTERNAL_ERROR");
    expect((await answerOf(client.request({ ":path": "/fine" }))).body).toBe("fine");
  });

  test("[TG11] HEAD, 204, 205 and 304 have no body", async () => {
    const { port } = await serveH2((request) => {
      const { REQUEST_METHOD: method, PATH_INFO: path } = request.params;
      request.end(
        method === "HEAD" ? `Content-Length: 5\r\n${HEAD}hello` : `Status: ${path?.slice(1)}\r\n${HEAD}hello`,
      );
    });
    const client = clientOf(port);
    const head = await answerOf(client.request({ ":method": "HEAD", ":path": "/" }));
    expect([head.headers["content-length"], head.body]).toEqual(["5", ""]);
    for (const status of [204, 304]) {
      const { headers, body } = await answerOf(client.request({ ":path": `/${status}` }));
      expect([headers[":status"], headers["content-length"], body]).toEqual([status, undefined, ""]);
    }
    const reset = await answerOf(client.request({ ":path": "/205" }));
    expect([reset.headers[":status"], reset.body]).toEqual([205, ""]);
  });

  test("103 goes ahead, and 100 to who waits for it", async () => {
    const { port } = await serveH2(async (request) => {
      await request.body();
      request.end(`Status: 103\r\nLink: </a.css>\r\n\r\n${HEAD}hello`);
    });
    const client = clientOf(port);
    const hinted = client.request({ ":path": "/" });
    const hints = once(hinted, "headers") as Promise<[IncomingHttpHeaders]>;
    expect((await answerOf(hinted)).body).toBe("hello");
    expect((await hints)[0]).toMatchObject({ ":status": 103, link: "</a.css>" });
    const waiting = client.request({ ":method": "POST", expect: "100-continue" });
    await once(waiting, "continue");
    waiting.end("body");
    expect((await answerOf(waiting)).body).toBe("hello");
  });

  test("101 of an application is 502: nothing can be switched to", async () => {
    const { port } = await serveH2((request) => request.end(`Status: 101\r\nUpgrade: websocket\r\n\r\n`));
    expect((await answerOf(clientOf(port).request({ ":path": "/" }))).headers[":status"]).toBe(502);
  });

  test("an answer before the end of its request ends that", async () => {
    const { port } = await serveH2((request) => request.end(`${HEAD}early`), {}, { buffer: "off" });
    const client = await H2Client.connect(port);
    client.headers(1, POST, 4).data(1, "more");
    expect(await client.status(1)).toBe(200);
    const { payload } = await client.until(RST_STREAM, 1);
    expect(payload.readUInt32BE(0)).toBe(0);
    expect(client.body(1)).toBe("early");
    expect(await client.headers(3, GET).status(3)).toBe(200);
  });

  test("[f21] waits for a client that opens no window, and arrives whole", async () => {
    const piece = "x".repeat(60_000);
    const { port, backend } = await serveH2(() => undefined, { limits: { spool: { quota: 65_536 } } });
    const client = await H2Client.connect(port, [[4, 0]]);
    client.headers(1, GET);
    const request = await backend.request(0);
    request.write(HEAD);
    let length = 0;
    for (; request.socket.writableLength < 500_000 && length < 60_000 * 2_000; length += piece.length) {
      request.write(piece);
      await new Promise(setImmediate);
    }
    expect(length).toBeLessThan(60_000 * 2_000);
    request.end();
    expect(client.body(1)).toBe("");
    for (const stream of [0, 1]) client.send(WINDOW_UPDATE, 0, stream, number(0x3fffffff));
    await client.until(0, 1, ({ flags }) => (flags & 1) === 1);
    expect(client.body(1).length).toBe(length);
  });

  test("[f20] an upload waits for an application that takes nothing", async () => {
    const { port, backend } = await serveH2(() => undefined, {}, { buffer: "off" });
    const client = clientOf(port);
    const upload = client.request({ ":method": "POST" });
    upload.write("begin");
    const request = await backend.request(0);
    await request.received(5);
    request.socket.pause();
    let sent = 5;
    while (!upload.writableNeedDrain && sent < 100_000_000) {
      upload.write(Buffer.alloc(65_536));
      sent += 65_536;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(100_000_000);
    upload.end();
    request.socket.resume();
    await request.received(sent);
    request.end(`${HEAD}done`);
    expect((await answerOf(upload)).body).toBe("done");
    expect(request.stdin.length).toBe(sent);
  });

  test("many at once, each with its own", async () => {
    const { port } = await serveH2((request) => request.end(`${HEAD}${request.params["PATH_INFO"]}`));
    const client = clientOf(port);
    const paths = Array.from({ length: 50 }, (_, at) => `/${at}`);
    const answers = await Promise.all(paths.map((path) => answerOf(client.request({ ":path": path }))));
    expect(answers.map(({ body }) => body)).toEqual(paths);
  });

  test("[Q2] going down tells clients, and finishes what runs", async () => {
    const { port, backend, server } = await serveH2((request) => void request.write(`${HEAD}begun`));
    const client = clientOf(port);
    const goaway = once(client, "goaway");
    const stream = client.request({ ":path": "/" });
    stream.setEncoding("latin1");
    let body = "";
    stream.on("data", (part: string) => (body += part));
    await once(stream, "data");
    const closed = server.close();
    await goaway;
    (await backend.request(0)).end(" whole");
    await once(stream, "end");
    expect(body).toBe("begun whole");
    await closed;
  });

  test("is counted like any other", async () => {
    const { port, server } = await serveH2((request) => void request.write(`${HEAD}begun`));
    const client = await H2Client.connect(port);
    client.headers(1, GET).headers(3, GET);
    await Promise.all([client.until(HEADERS, 1), client.until(HEADERS, 3)]);
    expect(server.stats).toMatchObject({ connections: 1, requests: 2 });
    client.socket.destroy();
    while (server.stats.connections > 0) await new Promise(setImmediate);
    expect(server.stats.requests).toBe(0);
  });
});
