import { expect, test } from "vitest";

import { BalancedPool } from "../src/balancing/balanced-pool.ts";
import { Pool } from "../src/pool.ts";
import { turns } from "./support/clock.ts";
import { run } from "./support/run.ts";
import { ScgiPeer } from "./support/scgi-peer.ts";

const OK = "Status: 201 Made\r\nContent-Type: text/plain\r\n\r\n";

test("[S1] [S3] [S4] [S8] by address scheme: a netstring, the body, an answer that ends with the connection", async () => {
  await using peer = await ScgiPeer.start(({ socket, body }) => void socket.end(`${OK}got ${body}`));
  await using pool = new Pool(peer.address);
  const { statusCode, body, ended } = await pool.request({ params: { REQUEST_METHOD: "POST" }, stdin: "text" });
  expect([statusCode, await body.text(), await ended]).toEqual([201, "got text", { appStatus: 0 }]);
  expect(peer.requests.at(-1)!.raw).toBe("44:CONTENT_LENGTH\x004\0SCGI\x001\0REQUEST_METHOD\0POST\0,text");
  expect(pool.address).toBe(peer.address);
});

test("[S9] a status line in place of the Status field is taken, from SCGI alone", async () => {
  await using peer = await ScgiPeer.start(
    ({ socket }) => void socket.end("HTTP/1.1 404 Gone fishing\r\nA: b\r\n\r\nno"),
  );
  await using pool = new Pool(peer.address, { capacity: 4 });
  const { statusCode, statusText, headers, body } = await pool.request({ params: {} });
  expect([statusCode, statusText, headers["a"], await body.text()]).toEqual([404, "Gone fishing", "b", "no"]);
  expect(pool.stats).toMatchObject({ idle: 0, connections: 0 });
});

test("[S10] a streamed body goes out with its announced length; one of unknown length is collected or refused", async () => {
  await using peer = await ScgiPeer.start(({ socket, body }) => void socket.end(OK + body));
  await using pool = new Pool(peer.address);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("ab");
    yield Buffer.from("cd");
  }
  const announced = await pool.request({ params: { CONTENT_LENGTH: "4" }, stdin: chunks() });
  expect(await announced.body.text()).toBe("abcd");
  const collected = await pool.request({ params: {}, stdin: chunks(), unknownLength: "buffer" });
  expect(await collected.body.text()).toBe("abcd");
  await expect(pool.request({ params: {}, stdin: chunks() })).rejects.toMatchObject({
    code: "FCGI_ERR_INVALID_ARGUMENT",
  });
});

test.for(["1", "9"])(
  "[S10] a body that is not as long as announced (%s): the request fails, its connection is closed",
  async (length) => {
    await using peer = await ScgiPeer.start(() => {});
    await using pool = new Pool(peer.address);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("12345");
    }
    const request = pool.request({ params: { CONTENT_LENGTH: length }, stdin: body() });
    await expect(request).rejects.toMatchObject({ code: "FCGI_ERR_BODY_MISMATCH", phase: "send" });
    expect(pool.stats).toMatchObject({ connections: 0, active: 0 });
  },
);

test("[S11] [C16] an answer cut short shows by its Content-Length; none at all is no head", async () => {
  await using peer = await ScgiPeer.start(({ socket, params }) => {
    socket.end(params.get("EMPTY") === "1" ? "" : "Status: 200\r\nContent-Length: 10\r\n\r\nhalf");
  });
  await using pool = new Pool(peer.address);
  const { body } = await pool.request({ params: {} });
  await expect(body.text()).rejects.toMatchObject({ code: "FCGI_ERR_BODY_MISMATCH", address: peer.address });
  const empty = pool.request({ params: { EMPTY: "1" } });
  await expect(empty).rejects.toMatchObject({ code: "FCGI_ERR_BAD_RESPONSE_HEAD" });
});

test("[S2] a param that SCGI cannot carry is refused; one that no FastCGI record holds is not", async () => {
  await using peer = await ScgiPeer.start(({ socket, params }) => void socket.end(OK + params.get("BIG")!.length));
  await using pool = new Pool(peer.address, { capacity: 1 });
  await expect(pool.request({ params: { "": "x" } })).rejects.toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
  const { body } = await pool.request({ params: { BIG: "x".repeat(65_530) } });
  expect(await body.text()).toBe("65530");
});

test("an abort closes the connection; other roles do not exist", async () => {
  await using peer = await ScgiPeer.start(() => {});
  await using pool = new Pool(peer.address);
  const recorder = run(pool);
  while (peer.requests.length === 0) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  expect([recorder.controller.protocol, recorder.controller.requestId]).toEqual(["scgi", 1]);
  const [{ socket }] = peer.requests as [(typeof peer.requests)[0]];
  const ended = new Promise<void>((resolve) => void socket.once("end", resolve));
  recorder.controller.abort();
  await ended;
  expect(() => run(pool, { role: "authorizer" })).toThrow("SCGI has no roles");
});

test("an application that answers before it has read the body, and closes", async () => {
  await using peer = await ScgiPeer.start(
    () => {},
    (socket) => void socket.end(`${OK}early`, () => socket.destroy()),
  );
  await using pool = new Pool(peer.address);
  const { statusCode } = await pool.request({ params: {}, stdin: Buffer.alloc(4_000_000) });
  expect(statusCode).toBe(201);
});

test("SCGI and its addresses in a balanced pool", async () => {
  await using peer = await ScgiPeer.start(({ socket }) => void socket.end(OK));
  await using pool = new BalancedPool(["scgi+unix:/nonexistent", peer.address], { learn: true });
  for (let count = 0; count < 4; count++) {
    // oxlint-disable-next-line no-await-in-loop
    const { body } = await pool.request({ params: {} });
    // oxlint-disable-next-line no-await-in-loop
    await body.text();
  }
  expect(pool.stats.peers.map(({ address }) => address)).toEqual(["scgi+unix:/nonexistent", peer.address]);
});
