import { once } from "node:events";

import { describe, expect, test } from "vitest";

import {
  DATA,
  END_HEADERS,
  END_STREAM,
  GET,
  GOAWAY,
  H2Client,
  POST,
  RST_STREAM,
  asking,
  frame,
  number,
} from "../support/h2-client.ts";
import { HEAD, answerOf, clientOf, serveH2 } from "../support/h2-server.ts";

/** Asks on a connection of its own, then another good request beside it. */
async function outcome(port: number, fields: readonly (readonly [string, string])[]): Promise<number | string> {
  const client = await H2Client.connect(port);
  const status = await client.headers(1, fields).status(1);
  if (!String(status).startsWith("GOAWAY")) expect(await client.headers(3, GET).status(3)).toBe(200);
  client.socket.destroy();
  return status;
}

describe("what a request may be", () => {
  test("a request reaches the application", async () => {
    const { port, backend } = await serveH2((request) => request.end(`${HEAD}hello`));
    const stream = clientOf(port).request({ ":path": "/a/b?c=d", "x-name": "v\xe4lue", proxy: "evil" });
    const { headers, body } = await answerOf(stream);
    expect([headers[":status"], headers["content-length"], body]).toEqual([200, "5", "hello"]);
    const { params } = await backend.request(0);
    expect(params).toMatchObject({
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/a/b?c=d",
      SERVER_PROTOCOL: "HTTP/2.0",
      HTTPS: "on",
      HTTP_HOST: `localhost:${port}`,
      HTTP_X_NAME: "v\xe4lue",
    });
    expect(params).not.toHaveProperty("HTTP_PROXY");
    expect(params).not.toHaveProperty("CONTENT_LENGTH");
  });

  test("a body reaches it whole, with its length, in whatever pieces it comes", async () => {
    const { port } = await serveH2(async (request) =>
      request.end(`${HEAD}${request.params["CONTENT_LENGTH"]} ${(await request.body()).length}`),
    );
    const client = clientOf(port);
    const body = "x".repeat(300_000);
    const one = client.request({ ":method": "POST" });
    one.end(body);
    expect((await answerOf(one)).body).toBe("300000 300000");
    const two = client.request({ ":method": "POST", "content-length": 5 });
    two.write("he");
    two.end("llo");
    expect((await answerOf(two)).body).toBe("5 5");
    const none = client.request({ ":method": "POST" });
    none.end();
    expect((await answerOf(none)).body).toBe("undefined 0");
  });

  test("trailers are no headers", async () => {
    const { port, backend } = await serveH2(async (request) => request.end(`${HEAD}${await request.body()}`));
    const client = await H2Client.connect(port);
    client
      .headers(1, POST, END_HEADERS)
      .data(1, "hello")
      .headers(1, [["x-late", "1"]]);
    expect(await client.status(1)).toBe(200);
    expect((await backend.request(0)).params).not.toHaveProperty("HTTP_X_LATE");
  });

  test.each<[string, [string, string]]>([
    ["connection", ["connection", "close"]],
    ["keep-alive", ["keep-alive", "1"]],
    ["proxy-connection", ["proxy-connection", "close"]],
    ["upgrade", ["upgrade", "websocket"]],
    ["transfer-encoding", ["transfer-encoding", "chunked"]],
    ["te", ["te", "gzip"]],
    ["an upper-case name", ["X-Name", "1"]],
  ])("[TB01] %s is a protocol error", async (_what, field) => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    expect(await outcome(port, asking(field))).toBe("RST 1");
    expect(backend.requests).toHaveLength(1);
  });

  test("[TB02] a field that no field may be reaches nobody", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    const values = ["a\rb", "a\nb", "a\r\nb", "a\0b", "a\x01b", " a", "a\t"];
    const names = ["x:y", "x y", "x\r\ny", ""];
    const fields = [...values.map((value) => ["x-name", value] as const), ...names.map((name) => [name, "v"] as const)];
    for (const field of fields) {
      const client = await H2Client.connect(port);
      expect([200, 400, "RST 1"]).toContain(await client.headers(1, asking(field)).status(1));
      client.socket.destroy();
    }
    for (const { params } of backend.requests) {
      const text = JSON.stringify(Object.entries(params).filter(([name]) => name.startsWith("HTTP_")));
      // oxlint-disable-next-line no-control-regex -- those it is about
      expect(JSON.stringify(params)).not.toMatch(/\\[rnut]/);
      expect(text).not.toMatch(/x y|x:y/i);
      expect(params["HTTP_X_NAME"]?.trim()).toBe(params["HTTP_X_NAME"]);
    }
  });

  test.each(["x", "", "*", "/a b", "/a\r\n", "/a\0", "http://evil/", "/a#b", "/\x80"])(
    "[TB03] [TB04] the path %j",
    async (path) => {
      const { port, backend } = await serveH2((request) => request.end(HEAD));
      expect([400, "RST 1"]).toContain(await outcome(port, asking([":path", path])));
      expect(backend.requests).toHaveLength(1);
    },
  );

  test("[TB04] two slashes are a path, not a host", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    expect(await outcome(port, asking([":path", "//evil/p"]))).toBe(200);
    expect((await backend.request(0)).params).toMatchObject({ HTTP_HOST: "localhost", PATH_INFO: "/evil/p" });
  });

  test("[TB05] authority and host must be the same", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    expect(await outcome(port, asking([":authority", "a.test"], ["host", "b.test"]))).toBe(400);
    expect(await outcome(port, asking([":authority", "a.test"], ["host", "A.test"]))).toBe(200);
    expect(backend.requests.map(({ params }) => params["HTTP_HOST"])).toContain("a.test");
  });

  test("[TB06] a host takes the place of the authority, if it is one", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    const without = GET.filter(([name]) => name !== ":authority");
    expect(await outcome(port, [...without, ["host", "only.test"]])).toBe(200);
    expect((await backend.request(0)).params["HTTP_HOST"]).toBe("only.test");
    expect([400, "RST 1"]).toContain(await outcome(port, [...without, ["host", "a"], ["host", "b"]]));
    expect([400, "RST 1"]).toContain(await outcome(port, without));
    for (const authority of ["u@a", "a/b", "a, b", ""])
      expect([400, "RST 1"]).toContain(await outcome(port, asking([":authority", authority])));
  });

  test("[TB07] a method that is none, and one that is not served", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    for (const method of ["GET?", "GET /x HTTP/1.1"])
      expect([400, "RST 1"]).toContain(await outcome(port, asking([":method", method])));
    for (const method of ["get", "FOO"]) expect(await outcome(port, asking([":method", method]))).toBe(501);
    expect(await outcome(port, asking([":method", "TRACE"]))).toBe(405);
    expect(backend.requests).toHaveLength(5);
  });

  test("[TB08] the scheme is that of the connection", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    expect([400, "RST 1"]).toContain(await outcome(port, asking([":scheme", "ftp"])));
    expect([400, "RST 1"]).toContain(await outcome(port, asking([":scheme", "x\0y"])));
    expect(await outcome(port, asking([":scheme", "http"]))).toBe(200);
    for (const { params } of backend.requests) expect(params["HTTPS"]).toBe("on");
  });

  test("[TB11] CONNECT, and what would be a WebSocket", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    const connect = [
      [":method", "CONNECT"],
      [":authority", "a:80"],
    ] as const;
    expect([405, "RST 1"]).toContain(await outcome(port, connect));
    expect(await outcome(port, [[":method", "CONNECT"], [":protocol", "websocket"], ...GET.slice(1)])).toBe("RST 1");
    expect(backend.requests).toHaveLength(2);
  });

  test("[TB12] crumbs of cookies are joined, and counted as one", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    const crumbs = Array.from({ length: 100 }, (_, at) => ["cookie", `c${at}=1`] as const);
    expect(await outcome(port, asking(...crumbs))).toBe(200);
    expect((await backend.request(0)).params["HTTP_COOKIE"]).toBe(crumbs.map(([, value]) => value).join("; "));
    expect(
      await outcome(port, asking(...Array.from({ length: 10 }, () => ["cookie", "x".repeat(1_700)] as const))),
    ).toBe(431);
  });
});

describe("a body that is not whole", () => {
  const cases: readonly [string, (client: H2Client) => void][] = [
    ["shorter than announced", (client) => client.data(1, "abc", END_STREAM)],
    ["longer than announced", (client) => client.data(1, "abcdef", END_STREAM)],
  ];
  test.each(cases)("[TB09] %s never reaches an application as whole", async (_what, send) => {
    const { port, backend } = await serveH2(
      (request) => void (request.params["REQUEST_METHOD"] === "GET" && request.end(HEAD)),
      {},
      { buffer: "off" },
    );
    const client = await H2Client.connect(port);
    send(client.headers(1, [...POST, ["content-length", "5"]], END_HEADERS));
    // What is too long also ends the connection, which is the client's own, whether it hears why or not.
    expect(["RST 1", "GOAWAY 2", "closed", 400]).toContain(await client.status(1));
    expect(await (await H2Client.connect(port)).headers(1, GET).status(1)).toBe(200);
    for (const { params, stdinEnded } of backend.requests)
      expect(params["REQUEST_METHOD"] === "POST" && stdinEnded).toBe(false);
  });

  const ends: readonly [string, (client: H2Client) => void][] = [
    ["a reset", (client) => client.reset(1, 8)],
    ["a reset without error", (client) => client.reset(1, 0)],
    ["GOAWAY and the end", (client) => client.send(GOAWAY, 0, 0, Buffer.alloc(8)).socket.end()],
    ["the end", (client) => client.socket.end()],
    ["a cut", (client) => client.socket.destroy()],
  ];
  test.each(ends)("[TB10] nor one that %s cuts, later", async (_what, cut) => {
    const { port, backend } = await serveH2(() => undefined, {}, { buffer: "off" });
    const client = await H2Client.connect(port);
    client.headers(1, POST, END_HEADERS).data(1, "half");
    const request = await backend.request(0);
    await request.received(4);
    cut(client);
    await request.aborted();
    expect(request.stdinEnded).toBe(false);
  });

  const bytes = (last: Buffer): Buffer => Buffer.concat([frame(DATA, 0, 1, Buffer.from("half")), last]);
  test.each([
    ["a reset", frame(RST_STREAM, 0, 1, number(8))],
    ["a reset without error", frame(RST_STREAM, 0, 1, number(0))],
    ["GOAWAY", Buffer.concat([frame(GOAWAY, 0, 0, Buffer.alloc(8)), frame(RST_STREAM, 0, 1, number(0))])],
  ])("[TB10] nor one that %s cuts, in the same moment", async (_what, last) => {
    const { port, backend } = await serveH2(() => undefined, {}, { buffer: "off" });
    const client = await H2Client.connect(port);
    client.headers(1, POST, END_HEADERS);
    const request = await backend.request(0);
    client.socket.write(bytes(last));
    await request.aborted();
    expect(request.stdinEnded).toBe(false);
  });

  test("[TB10] nor is an application asked for one that is collected", async () => {
    const { port, backend } = await serveH2((request) => request.end(HEAD));
    const client = await H2Client.connect(port);
    client.headers(1, POST, END_HEADERS);
    client.socket.write(bytes(frame(RST_STREAM, 0, 1, number(0))));
    expect(await client.headers(3, GET).status(3)).toBe(200);
    expect(backend.requests.map(({ params }) => params["REQUEST_METHOD"])).toEqual(["GET"]);
  });
});

test("[Q16] a client that resets frees the application", async () => {
  const { port, backend } = await serveH2((request) => void request.write(`${HEAD}begun`));
  const stream = clientOf(port).request({ ":path": "/" });
  await once(stream, "data");
  stream.close(8);
  await (await backend.request(0)).aborted();
});
