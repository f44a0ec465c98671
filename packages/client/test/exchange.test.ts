import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { turns } from "./support/clock.ts";
import { end, Peer, stderr, stdout } from "./support/peer.ts";

test("streams: stdin goes out as it is written, stdout and stderr come in, the end is told", async () => {
  await using peer = await Peer.start({
    onRequest: (request) => {
      const { id, connection } = request;
      connection.send(stderr(id, "noticed"), stdout(id, `got ${String(request.stdin)}`), end(id, 7));
    },
  });
  const pool = new Pool(peer.address);
  const exchange = await pool.exchange({ params: { A: "1" } });
  expect(exchange).toMatchObject({ address: peer.address, requestId: 1 });
  exchange.stdin.write("one ");
  exchange.stdin.end("two");
  expect(await text(exchange.stdout)).toBe("got one two");
  expect(await text(exchange.stderr)).toBe("noticed");
  expect(await exchange.ended).toEqual({ appStatus: 7, protocolStatus: 0 });
  await pool.close();
});

test("a filter has data after stdin; a given stdin leaves nothing to write", async () => {
  await using peer = await Peer.start({
    onData: (request) => {
      const { id, connection } = request;
      connection.send(stdout(id, `${String(request.stdin)}|${String(request.data)}`), end(id));
    },
  });
  const pool = new Pool(peer.address);
  const exchange = await pool.exchange({ role: "filter", params: {}, stdin: "form" });
  expect(exchange.stdin.writableEnded).toBe(true);
  exchange.data.end("file");
  expect(await text(exchange.stdout)).toBe("form|file");
  const responder = await pool.exchange({ params: {}, stdin: null });
  expect(responder.data.writableEnded).toBe(true);
  responder.abort();
  await expect(responder.ended).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  await pool.close();
});

test("[TF19] an application that takes nothing stops the writer; what it takes later goes on", async () => {
  let started!: () => void;
  const paused = new Promise<void>((resolve) => (started = resolve));
  await using peer = await Peer.start({
    onBegin: ({ connection }) => {
      connection.socket.pause();
      started();
    },
    onRequest: ({ id, connection, stdinBytes }) => connection.send(stdout(id, String(stdinBytes)), end(id)),
  });
  const pool = new Pool(peer.address);
  const exchange = await pool.exchange({ params: {} });
  await paused;
  const piece = Buffer.alloc(65_536, 1);
  const total = 64;
  let written = 0;
  const source = Readable.from(
    (function* () {
      for (; written < total; written++) yield piece;
    })(),
  );
  const sent = pipeline(source, exchange.stdin);
  await turns(50);
  expect(written).toBeLessThan(total);
  peer.connections[0]!.socket.resume();
  await sent;
  expect(await text(exchange.stdout)).toBe(String(total * piece.length));
  await pool.close();
});

test("a slow reader of stdout stops the application; stderr that nobody reads does not", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address);
  const exchange = await pool.exchange({ params: {}, stdin: null });
  await peer.begun(1);
  const [connection] = peer.connections;
  for (let count = 0; count < 5; count++) connection!.send(stderr(1, Buffer.alloc(50_000, "e")));
  connection!.send(stdout(1, Buffer.alloc(60_000, "o")), stdout(1, Buffer.alloc(60_000, "o")), end(1));
  let length = 0;
  for await (const chunk of exchange.stdout) length += (chunk as Buffer).length;
  expect(length).toBe(120_000);
  expect((await text(exchange.stderr)).length).toBeLessThan(250_000);
  await pool.close();
});

test("destroying stdout aborts the request; the writer is told", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address);
  const exchange = await pool.exchange({ params: {} });
  await peer.begun(1);
  const failed = once(exchange.stdin, "error");
  exchange.stdout.destroy();
  await expect(exchange.ended).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect((await failed)[0]).toMatchObject({ code: "FCGI_ERR_ABORTED" });
  await peer.connections[0]!.ended;
  await pool.close();
});

test("[f22] destroying stdin fails the request: its end is never sent", async () => {
  let stdinEnds = 0;
  await using peer = await Peer.start({ onRequest: () => stdinEnds++ });
  const pool = new Pool(peer.address);
  const exchange = await pool.exchange({ params: {} });
  exchange.stdin.write("half");
  await peer.begun(1);
  exchange.stdin.destroy(new Error("the upload broke"));
  await expect(exchange.ended).rejects.toThrow("the upload broke");
  await peer.connections[0]!.ended;
  expect(stdinEnds).toBe(0);
  await pool.close();
});

test("no connection: the promise is rejected", async () => {
  const pool = new Pool("unix:/nonexistent/app.sock");
  await expect(pool.exchange({ params: {} })).rejects.toMatchObject({ code: "FCGI_ERR_CONNECT" });
  await pool.close();
});
