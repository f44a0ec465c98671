// Nobody is fast enough: what waits, waits with whoever produced it. Proven by counting bytes, never by time.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { expect, test } from "vitest";

import type { FastCGIResponse } from "../src/index.ts";
import { application, fetchApplication } from "./support/application.ts";
import type { FrontEnd } from "./support/front-end.ts";
import { post, request, stdin } from "./support/front-end.ts";
import { gate } from "./support/gate.ts";

const MIB = 1_048_576;
const CHUNK = Buffer.alloc(65_536, "c");

/** Most that may be on the way between handler and reader: our 64 KiB and one chunk, and the system's buffers. */
const ON_THE_WAY = 2 * MIB;

/** Lets the application turn its event loop until `count()` stands still: more than enough to move all there is. */
async function standstill(bystander: FrontEnd, count: () => number): Promise<number> {
  for (;;) {
    const before = count();
    for (let turn = 0; turn < 200; turn++) await bystander.ping();
    if (count() === before) return before;
  }
}

test("a response is produced as fast as it is read", async () => {
  let written = 0;
  let drains = 0;
  const app = await application((_request, response) => {
    const produce = (): void => {
      while (written < 32 * MIB) {
        written += CHUNK.length;
        if (!response.write(CHUNK)) return;
      }
      response.end();
    };
    response.on("drain", () => {
      drains++;
      produce();
    });
    produce();
  });
  const frontEnd = await app.connect();
  frontEnd.stopReading();
  frontEnd.send(request(1));
  const unread = await standstill(await app.connect(), () => written);
  expect(unread).toBeGreaterThan(0);
  expect(unread).toBeLessThan(ON_THE_WAY);
  frontEnd.read();
  expect((await frontEnd.answer(1)).body).toHaveLength(32 * MIB);
  expect(drains).toBeGreaterThan(10);
});

test("a streamed Response is pulled as fast as it is read", async () => {
  let pulled = 0;
  const app = await fetchApplication(() => {
    const body = new ReadableStream({
      pull(controller) {
        if (pulled === 32 * MIB) return controller.close();
        pulled += CHUNK.length;
        controller.enqueue(new Uint8Array(CHUNK));
      },
    });
    return new Response(body);
  });
  const frontEnd = await app.connect();
  frontEnd.stopReading();
  frontEnd.send(request(1));
  expect(await standstill(await app.connect(), () => pulled)).toBeLessThan(ON_THE_WAY);
  frontEnd.read();
  expect((await frontEnd.answer(1)).body).toHaveLength(32 * MIB);
});

test("pipe() and pipeline() into a response wait for it", async () => {
  let produced = 0;
  function* chunks(): Generator<Buffer> {
    for (; produced < 8 * MIB; produced += CHUNK.length) yield CHUNK;
  }
  const app = await application(async (request, response) => {
    produced = 0;
    if (request.url === "/pipe") Readable.from(chunks(), { objectMode: false }).pipe(response);
    else await pipeline(Readable.from(chunks()), response);
  });
  for (const url of ["/pipe", "/pipeline"]) {
    const frontEnd = await app.connect();
    frontEnd.stopReading();
    frontEnd.send(request(1, { params: { REQUEST_URI: url } }));
    expect(await standstill(await app.connect(), () => produced)).toBeLessThan(ON_THE_WAY);
    frontEnd.read();
    expect((await frontEnd.answer(1)).body).toHaveLength(8 * MIB);
  }
});

test("what a web server has not taken yet is never written over by the next answers, its own or others'", async () => {
  const app = await application((request, response) => {
    response.writeHead(200, ["X-Mine", request.url]);
    response.end(request.url.repeat(400));
  });
  const [reader, ...stalled] = await Promise.all(Array.from({ length: 5 }, () => app.connect()));
  for (const frontEnd of stalled) frontEnd.stopReading();
  const urlOf = (connection: number, index: number): string => `/${connection}/${index}/`;
  for (let index = 0; index < 600; index += 6) {
    for (const [connection, frontEnd] of stalled.entries()) {
      const urls = Array.from({ length: 6 }, (_, more) => urlOf(connection, index + more));
      frontEnd.send(...urls.map((url, more) => request(index + more + 1, { params: { REQUEST_URI: url } })));
    }
    expect((await reader!.exchange(1, { params: { REQUEST_URI: `/${index}/` } })).body).toBe(`/${index}/`.repeat(400));
  }
  // The system holds some of it, the application the rest.
  for (const { bytesRead } of stalled) expect(bytesRead).toBeLessThan(MIB / 2);
  for (const frontEnd of stalled) frontEnd.read();
  for (const [connection, frontEnd] of stalled.entries()) {
    for (let index = 0; index < 600; index++) {
      const { head, body } = await frontEnd.answer(index + 1);
      const url = urlOf(connection, index);
      expect(head).toBe(`Status: 200 OK\r\nX-Mine: ${url}\r\n\r\n`);
      expect(body).toBe(url.repeat(400));
    }
  }
});

/** Sends a body of `total` bytes as fast as the application takes it. */
function upload(frontEnd: FrontEnd, id: number, total: number): () => number {
  const record = stdin(id, "u".repeat(32_768));
  let sent = 0;
  for (; sent < total; sent += 32_768) frontEnd.socket.write(record);
  frontEnd.socket.write(stdin(id));
  return () => total - frontEnd.socket.writableLength;
}

test("a request body is taken as fast as it is read", async () => {
  const read = gate();
  const app = await application(async (request, response) => {
    await read.promise;
    const hash = createHash("sha1");
    let length = 0;
    for await (const chunk of request.stdin) {
      hash.update(chunk as Buffer);
      length += (chunk as Buffer).length;
    }
    response.end(`${length} ${hash.digest("hex")}`);
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(32 * MIB), stdin: undefined }));
  const taken = upload(frontEnd, 1, 32 * MIB);
  expect(await standstill(await app.connect(), taken)).toBeLessThan(ON_THE_WAY);
  read.open();
  const expected = createHash("sha1")
    .update("u".repeat(32 * MIB))
    .digest("hex");
  expect((await frontEnd.answer(1)).body).toBe(`${32 * MIB} ${expected}`);
});

test("the body of a Request is taken as fast as it is read", async () => {
  const read = gate();
  const app = await fetchApplication(async (request) => {
    await read.promise;
    return new Response(String((await request.arrayBuffer()).byteLength));
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(32 * MIB), stdin: undefined }));
  const taken = upload(frontEnd, 1, 32 * MIB);
  expect(await standstill(await app.connect(), taken)).toBeLessThan(ON_THE_WAY);
  read.open();
  expect((await frontEnd.answer(1)).body).toBe(String(32 * MIB));
});

test("[P70] a body that nobody reads is dropped when the response ends, and the connection goes on", async () => {
  const finish = gate<FastCGIResponse>();
  const app = await application((_request, response) => void finish.open(response));
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(8 * MIB), stdin: undefined }));
  upload(frontEnd, 1, 8 * MIB);
  (await finish.promise).end("enough\n");
  expect((await frontEnd.answer(1)).body).toBe("enough\n");
  await frontEnd.ping();
  expect(frontEnd.socket.writableLength).toBe(0);
});

test("on a shared connection an unread body holds the others up only from 1 MiB on, and not for ever", async () => {
  const release = gate();
  const app = await application(async (request, response) => {
    if (request.id === 1) {
      await release.promise;
      request.stdin.resume();
    }
    response.end(`${request.id}\n`);
  });
  const frontEnd = await app.connect();
  frontEnd.send(request(1, { params: post(undefined), stdin: undefined }), request(2));
  await frontEnd.answer(2);
  for (let sent = 0; sent < 24; sent++) frontEnd.send(stdin(1, "s".repeat(32_768)));
  expect((await frontEnd.exchange(3)).body).toBe("3\n");

  const taken = upload(frontEnd, 1, 32 * MIB);
  frontEnd.send(request(4));
  expect(await standstill(await app.connect(), taken)).toBeLessThan(ON_THE_WAY);
  release.open();
  expect((await frontEnd.answer(4)).body).toBe("4\n");
  await frontEnd.answer(1);
});
