import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { ParamList } from "@x/protocol";
import { expect, test } from "vitest";

import { isFastCGIError, Pool, request } from "../src/index.ts";
import { turns } from "./support/clock.ts";
import { bytes, end, Peer, stderr, stdout } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";

const TYPE = "Content-Type: text/plain\r\n";

function answers(...pieces: (string | Uint8Array)[]): { onRequest(request: PeerRequest): void } {
  return {
    onRequest: ({ id, connection }) => connection.send(...pieces.map((piece) => stdout(id, piece)), end(id, 3)),
  };
}

test("status, headers, body, stderr and the end", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection, stdin }) => {
      connection.send(stderr(id, Buffer.from("note: ✓")), stdout(id, `Status: 201 Made\r\n${TYPE}X-A: b\r\n\r\n`));
      connection.send(stdout(id, bytes("got ", stdin)), end(id, 9));
    },
  });
  await using pool = new Pool(peer.address, { capacity: 1 });
  const response = await pool.request({ params: { REQUEST_METHOD: "POST" }, stdin: "ada" });
  expect(response).toMatchObject({ statusCode: 201, statusText: "Made" });
  expect(response.rawHeaders).toEqual(["Content-Type", "text/plain", "X-A", "b"]);
  expect(await response.body.text()).toBe("got ada");
  expect(await response.ended).toEqual({ appStatus: 9 });
  expect(await response.stderr).toBe("note: ✓");
});

test("[C19] [C21] [P41] header names in lower case without a prototype, repeated fields as arrays, values as latin-1", async () => {
  const head = `${TYPE}Set-Cookie: a=1\r\nset-cookie: b=2\r\nSET-COOKIE: c=3\r\n__proto__: x\r\nX-Name: \xe9\r\n\r\n`;
  await using peer = await Peer.start(answers(head));
  const { headers, body } = await request(peer.address, { params: {} });
  expect(Object.getPrototypeOf(headers)).toBeNull();
  expect({ ...headers }).toEqual({
    "content-type": "text/plain",
    "set-cookie": ["a=1", "b=2", "c=3"],
    ["__proto__"]: "x",
    "x-name": "\xe9",
  });
  await body.text();
});

test.for([
  ["text", '{"a":"é"}'],
  ["json", { a: "é" }],
  ["bytes", Buffer.from('{"a":"é"}')],
  ["arrayBuffer", Buffer.from('{"a":"é"}')],
] as const)("body.%s()", async ([method, expected]) => {
  const body = Buffer.from('{"a":"é"}');
  await using peer = await Peer.start(answers(`${TYPE}\r\n`, body.subarray(0, 7), body.subarray(7)));
  const response = await request(peer.address, { params: {} });
  const read = await response.body[method]();
  expect(read instanceof ArrayBuffer ? Buffer.from(read) : read).toEqual(expected);
  await expect(response.body.text()).rejects.toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
});

test("an empty body", async () => {
  await using peer = await Peer.start(answers(`${TYPE}\r\n`));
  expect(await (await request(peer.address, { params: {} })).body.text()).toBe("");
});

test("the body can be iterated over and piped", async () => {
  await using peer = await Peer.start(answers(`${TYPE}\r\n`, "one ", "two"));
  await using pool = new Pool(peer.address, { capacity: 1 });
  let iterated = "";
  for await (const chunk of (await pool.request({ params: {} })).body) iterated += String(chunk);
  expect(iterated).toBe("one two");
  const chunks: Buffer[] = [];
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => void (chunks.push(chunk), done()) });
  await pipeline((await pool.request({ params: {} })).body, sink);
  expect(Buffer.concat(chunks).toString()).toBe("one two");
});

test("[TF25] a body that is not read holds the application, and arrives whole when it is", async () => {
  const total = 16 * 1024 * 1024;
  let sent = 0;
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.stdout(id, `${TYPE}\r\n`);
      const piece = stdout(id, Buffer.alloc(65_528, "p"));
      const more = (): void => {
        while (sent < total) {
          sent += 65_528;
          if (!connection.send(piece)) return void connection.socket.once("drain", more);
        }
        connection.end(id);
      };
      more();
    },
  });
  await using pool = new Pool(peer.address, { capacity: 1 });
  const { body } = await pool.request({ params: {} });
  let before = -1;
  while (before !== sent) {
    before = sent;
    // oxlint-disable-next-line no-await-in-loop
    await turns(100);
  }
  expect(sent).toBeLessThan(total / 2);
  expect(body.readableLength).toBeLessThan(256 * 1024);
  expect((await body.bytes()).length).toBe(sent);
  expect(sent).toBeGreaterThanOrEqual(total);
});

test("destroying the body aborts the request", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => void connection.stdout(id, `${TYPE}\r\npart`),
  });
  await using pool = new Pool(peer.address, { capacity: 1 });
  const { body, ended } = await pool.request({ params: {} });
  body.destroy();
  await peer.connections[0]!.ended;
  await expect(ended).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  await expect(body.text()).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect(pool.stats).toMatchObject({ active: 0, connections: 0 });
});

test("leaving an iteration early aborts the request", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => void connection.stdout(id, `${TYPE}\r\npart`),
  });
  await using pool = new Pool(peer.address, { capacity: 1 });
  const { body } = await pool.request({ params: {} });
  for await (const chunk of body) {
    expect(String(chunk)).toBe("part");
    break;
  }
  await peer.connections[0]!.ended;
});

test("[f03] [Q17] the application dies in the middle of the body: every way of reading fails", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.send(stderr(id, "Segmentation fault"), stdout(id, `${TYPE}\r\npart`));
      connection.socket.end();
    },
  });
  await using pool = new Pool(peer.address, { capacity: 1 });
  const first = await pool.request({ params: {} });
  await expect(first.body.text()).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET", stderr: "Segmentation fault" });
  await expect(first.ended).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" });
  expect(await first.stderr).toBe("Segmentation fault");
  const second = await pool.request({ params: {} });
  await expect(
    (async () => {
      for await (const chunk of second.body) expect(String(chunk)).toBe("part");
    })(),
  ).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" });
});

test("a response that nobody looks at harms nobody when its connection breaks", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.send(stdout(id, `${TYPE}\r\npart`));
      connection.socket.end();
    },
  });
  await using pool = new Pool(peer.address);
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", listen);
  const { body } = await pool.request({ params: {} });
  await new Promise((resolve) => body.on("close", resolve));
  await turns(3);
  process.off("unhandledRejection", listen);
  expect(unhandled).toEqual([]);
  expect(body.errored).toMatchObject({ code: "FCGI_ERR_SOCKET" });
});

test("[f01] [f02] failures before the head reject", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.send(stderr(id, "Out of memory"));
      connection.socket.end();
    },
  });
  const error: unknown = await request(peer.address, { params: {} }).catch((reason: unknown) => reason);
  expect(isFastCGIError(error, "FCGI_ERR_SOCKET")).toBe(true);
  expect(error).toMatchObject({ stderr: "Out of memory", address: peer.address, phase: "response-head" });
});

test("mistakes in the options reject", async () => {
  await using pool = new Pool("tcp://127.0.0.1:9000");
  await expect(pool.request({ params: {}, role: "nobody" as "filter" })).rejects.toMatchObject({
    code: "FCGI_ERR_INVALID_ARGUMENT",
  });
  await expect(request("nonsense", { params: {} })).rejects.toMatchObject({ code: "FCGI_ERR_BAD_ADDRESS" });
});

test("[C26] HEAD is known from the params, in each of their forms, or from the option", async () => {
  await using peer = await Peer.start(answers(`${TYPE}Content-Length: 9\r\n\r\nbody`));
  await using pool = new Pool(peer.address, { capacity: 1 });
  for (const params of [
    { REQUEST_METHOD: "HEAD" },
    [["REQUEST_METHOD", "HEAD"] as const],
    new ParamList().add("REQUEST_METHOD", "GET").add("REQUEST_METHOD", "HEAD"),
  ]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await (await pool.request({ params })).body.text()).toBe("");
  }
  expect(await (await pool.request({ params: {}, method: "HEAD" })).body.text()).toBe("");
  const whole = await pool.request({ params: { REQUEST_METHOD: "GET" } });
  await expect(whole.body.text()).rejects.toMatchObject({ code: "FCGI_ERR_BODY_MISMATCH", appStatus: 3 });
});

test("aborted by its signal, before and after the head", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, params, connection }) => {
      if (params.get("HEAD")) connection.stdout(id, `${TYPE}\r\npart`);
    },
  });
  await using pool = new Pool(peer.address);
  const before = new AbortController();
  const waiting = pool.request({ params: {}, signal: before.signal });
  await peer.begun(1);
  before.abort(new Error("too slow"));
  await expect(waiting).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED", cause: { message: "too slow" } });
  const after = new AbortController();
  const { body } = await pool.request({ params: { HEAD: "1" }, signal: after.signal });
  after.abort();
  await expect(body.text()).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
});

test("request() uses a connection of its own and leaves nothing open", async () => {
  await using peer = await Peer.start(answers(`${TYPE}\r\nbody`));
  const { body } = await request(peer.address, { params: {} });
  expect(await body.text()).toBe("body");
  await peer.connections[0]!.ended;
  expect(peer.requests[0]!.keepConn).toBe(false);
});
