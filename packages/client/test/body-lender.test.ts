import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, WriteStream } from "node:fs";
import { connect, createServer, Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";

import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";

import { isLentTo } from "../src/body-lender.ts";
import type { DispatchController } from "../src/dispatcher.ts";
import { Pool } from "../src/pool.ts";
import { ResponseBody } from "../src/response-body.ts";
import { poisonReleasedSlabs, SlabPool } from "../src/slabs.ts";
import type { Slab } from "../src/slabs.ts";
import { TestRuntime, turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "x-lender-"));
  poisonReleasedSlabs(true);
});
afterAll(() => {
  poisonReleasedSlabs(false);
  rmSync(folder, { recursive: true });
});

/** A chunk that is worth lending. */
function large(text: string): Buffer {
  return Buffer.from(text.padEnd(4_096, "~"));
}

function textOf(chunks: Buffer[] | undefined): string {
  return Buffer.concat(chunks ?? [])
    .toString()
    .replaceAll("~", "");
}

/** A request whose chunks come when the test says so. */
class Request implements DispatchController {
  readonly address = "unix:/x.sock";
  readonly protocol = "fastcgi";
  readonly requestId = 1;
  readonly reused = false;
  readonly stdoutEnded = false;
  readonly stderrTail = "";
  readonly slabs = new SlabPool({ size: 4_096, limit: 8 });
  readonly body = new ResponseBody(this, undefined);
  calls: string[] = [];
  #slab: Slab | undefined;

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  abort(): void {
    this.calls.push("abort");
  }

  retain(): Slab {
    if (this.#slab === undefined) throw new Error("Nothing is being delivered.");
    return this.#slab.retain();
  }

  /** What came, or another chunk in its place. */
  deliver(came: Buffer | string, chunk?: Uint8Array): void {
    const slab = (this.#slab = this.slabs.take());
    const length = (typeof came === "string" ? large(came) : came).copy(slab.buffer);
    this.body.receive(chunk ?? slab.buffer.subarray(0, length));
    this.#slab = undefined;
    slab.disarm();
  }

  /** A chunk comes when no callback of the request runs. */
  deliverLate(text: string): void {
    this.body.receive(large(text));
  }
}

/** A file whose writes end when the test says so. */
class SlowFile {
  readonly stream: WriteStream;
  /** What each write is given. */
  writes: Buffer[][] = [];
  #written: (() => void)[] = [];

  constructor() {
    type Written = (error: Error | null, bytes: number, buffers: unknown) => void;
    const write = (buffers: Buffer[], done: Written): void => {
      this.writes.push(buffers);
      const bytes = buffers.reduce((sum, { length }) => sum + length, 0);
      this.#written.push(() => done(null, bytes, buffers));
    };
    const fs = {
      open: (...args: unknown[]) => (args.at(-1) as (error: null, fd: number) => void)(null, 99),
      write: (_: number, buffer: Buffer, at: number, length: number, _position: unknown, done: Written) =>
        write([buffer.subarray(at, at + length)], done),
      writev: (_: number, buffers: Buffer[], _position: unknown, done: Written) => write(buffers, done),
      close: (_: number, done: (error: null) => void) => done(null),
    };
    this.stream = createWriteStream("nowhere", { fs, highWaterMark: 1 });
  }

  /** What the write under way is given, as text. */
  get text(): string {
    return textOf(this.writes.at(-1));
  }

  /** The write under way ends. */
  async written(): Promise<void> {
    this.#written.shift()?.();
    await turns();
  }
}

let request: Request;
beforeEach(() => {
  request = new Request();
});

async function piped(): Promise<SlowFile> {
  const file = new SlowFile();
  request.body.pipe(file.stream);
  await turns(2);
  request.calls = [];
  return file;
}

test("a file is written from the memory that was read into, which is held for as long", async () => {
  const file = await piped();
  request.deliver("one");
  await turns();
  expect(file.text).toBe("one");
  expect(request.slabs.held).toBe(1);
  await file.written();
  expect(request.slabs.held).toBe(0);
  // Released, it was filled with what shows that nobody may look at it any more: so it was no copy.
  expect(file.text).not.toBe("one");
  expect(request.calls).toEqual([]);
});

test("as much as four reads bring is on its way, then reading waits for the file", async () => {
  const file = await piped();
  for (const text of ["one ", "two ", "three ", "four "]) request.deliver(text);
  expect(request.calls).toEqual(["pause"]);
  await turns();
  await file.written();
  expect(file.text).toBe("two three four ");
  expect(request.calls).toEqual(["pause"]);
  await file.written();
  expect(request.calls).toEqual(["pause", "resume"]);
  expect(request.slabs.held).toBe(0);
});

test("the end comes when all was written", async () => {
  const file = await piped();
  request.deliver("all");
  request.body.finish();
  await turns();
  expect(file.stream.writableFinished).toBe(false);
  const ended = finished(file.stream);
  await file.written();
  await ended;
  expect(request.body.readableEnded).toBe(true);
  expect(file.stream.bytesWritten).toBe(4_096);
});

test("what came before goes before", async () => {
  const file = new SlowFile();
  request.deliver("first ");
  request.body.pipe(file.stream);
  request.deliver("second ");
  await turns(2);
  request.deliver("third");
  await turns();
  expect(file.text).toBe("first second ");
  // Nothing in the way of lending, though the file takes more than it likes at once, as any file does.
  expect(request.slabs.held).toBe(1);
  await file.written();
  expect(file.text).toBe("third");
});

test("who pauses the body gets nothing", async () => {
  const file = await piped();
  request.body.pause();
  request.deliver("kept");
  await turns();
  expect(file.writes).toHaveLength(0);
  request.body.resume();
  await turns();
  expect(file.text).toBe("kept");
});

test("what was written can be read no more", async () => {
  const file = await piped();
  request.deliver("one");
  await expect(request.body.text()).rejects.toMatchObject({ message: "The body was already read." });
  await turns();
  expect(file.text).toBe("one");
});

test("what comes while something waits in the body goes behind it", async () => {
  const file = await piped();
  request.body.pause();
  request.deliver("one ");
  request.body.resume();
  request.deliver("two");
  await turns();
  await file.written();
  expect(textOf(file.writes.flat())).toBe("one two");
});

test("two readers have chunks of their own", async () => {
  const file = await piped();
  const heard: Buffer[] = [];
  request.body.on("data", (chunk: Buffer) => heard.push(chunk));
  request.deliver("both");
  await turns();
  await file.written();
  expect(textOf(heard)).toBe("both");
  expect(file.text).toBe("both");
});

test("a listener that has taken the place of the pipe's gets what comes", async () => {
  const file = await piped();
  const heard: Buffer[] = [];
  request.body.removeAllListeners("data");
  request.body.on("data", (chunk: Buffer) => heard.push(chunk));
  request.deliver("mine");
  await turns();
  expect(textOf(heard)).toBe("mine");
  expect(file.writes).toHaveLength(0);
});

test("after unpipe the next reader gets what comes, and what was paused goes on", async () => {
  const file = await piped();
  for (const text of ["a", "b", "c", "d"]) request.deliver(text);
  request.body.unpipe(file.stream);
  expect(request.calls).toEqual(["pause", "resume"]);
  expect(file.stream.listenerCount("unpipe")).toBe(0);
  request.deliver("rest");
  request.body.finish();
  expect(textOf((await request.body.toArray()) as Buffer[])).toBe("rest");
  await file.written();
  await file.written();
  expect(request.slabs.held).toBe(0);
});

test("unpiped from another stream it goes on with this one", async () => {
  const file = await piped();
  const other = new PassThrough();
  other.pipe(file.stream, { end: false });
  other.unpipe(file.stream);
  request.deliver("one");
  expect(request.slabs.held).toBe(1);
});

test("while half of the slabs are held, chunks are copied: those who are slow must not stop the others", async () => {
  const file = await piped();
  const held = Array.from({ length: 4 }, () => request.slabs.take().retain());
  request.deliver("copied");
  expect(request.slabs.held).toBe(4);
  await turns();
  await file.written();
  expect(file.text).toBe("copied");
  for (const slab of held) slab.release();
});

test("a small chunk is copied: it would hold all that was read with it", async () => {
  const file = await piped();
  request.deliver(Buffer.from("small"));
  expect(request.slabs.held).toBe(0);
  await turns();
  expect(file.text).toBe("small");
});

test("what an interceptor delivers of its own is copied", async () => {
  const file = await piped();
  const own = large("own");
  request.deliver("theirs", own);
  request.deliverLate(" late");
  own.fill("x");
  await turns();
  await file.written();
  expect(textOf(file.writes.flat())).toBe("own late");
  expect(request.slabs.held).toBe(0);
});

test("a file that fails aborts the request, and gives everything back", async () => {
  const target = createWriteStream(join(folder, "missing/file"));
  await expect(pipeline(request.body, target)).rejects.toMatchObject({ code: "ENOENT" });
  expect(request.calls).toContain("abort");

  request = new Request();
  const file = await piped();
  request.deliver("one");
  request.deliver("two");
  file.stream.on("error", () => {});
  file.stream.destroy(new Error("disk full"));
  await turns();
  await file.written();
  await turns();
  expect(request.slabs.held).toBe(0);
});

class KeepingSocket extends Socket {
  override _write(): void {}
}
const patched = (): Writable => Object.assign(new SlowFile().stream, { write: () => true });

test.for<[string, () => Writable, boolean]>([
  ["a file", () => new SlowFile().stream, true],
  ["a socket", () => new Socket(), true],
  ["a PassThrough", () => new PassThrough(), false],
  ["a Writable", () => new Writable({ write: (_, __, done) => done() }), false],
  ["a file whose write was replaced", patched, false],
  ["a socket of another class", () => new KeepingSocket(), false],
])("chunks are lent to those that give them back: %s", ([, make, lent]) => {
  expect(isLentTo(make())).toBe(lent);
});

test("a reader of a PassThrough may keep what he gets", async () => {
  const kept: Buffer[] = [];
  const through = new PassThrough();
  through.on("data", (chunk: Buffer) => kept.push(chunk));
  request.body.pipe(through);
  await turns(2);
  for (const text of ["one ", "two"]) request.deliver(text);
  request.body.finish();
  await finished(through);
  expect(textOf(kept)).toBe("one two");
});

test("a body of 4 MiB comes out as it went in, into a file and into a socket", async () => {
  const content = Buffer.from(Uint8Array.from({ length: 4_194_304 }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id, content) });
  const runtime = new TestRuntime();
  await using pool = new Pool(peer.address, { capacity: 2 }, runtime);
  const params = { REQUEST_METHOD: "GET" };

  const file = join(folder, "whole");
  await pipeline((await pool.request({ params })).body, createWriteStream(file));
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(runtime.slabs.held).toBe(0);

  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const sending = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [receiving] = (await once(server, "connection")) as [Socket];
  const received = receiving.toArray();
  await pipeline((await pool.request({ params })).body, sending);
  expect(Buffer.concat((await received) as Buffer[]).equals(content)).toBe(true);
  expect(runtime.slabs.held).toBe(0);
});
