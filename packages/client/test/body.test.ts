import { PassThrough, Readable } from "node:stream";

import { expect, test, vi } from "vitest";

import { toBody } from "../src/body.ts";
import type { BodyInput, BodySink, BodySource } from "../src/body.ts";
import { turns } from "./support/clock.ts";

/** Takes a body; says no to the chunks that it is told to say no to. */
class Sink implements BodySink {
  chunks: string[] = [];
  failure: Error | undefined;
  ended = 0;
  full: (count: number) => boolean = () => false;
  readonly finished: Promise<this>;
  #finish!: (value: this) => void;

  constructor() {
    this.finished = new Promise((resolve) => (this.#finish = resolve));
  }

  write(chunk: Uint8Array): boolean {
    this.chunks.push(Buffer.from(chunk).toString());
    return !this.full(this.chunks.length);
  }

  end(): void {
    this.ended++;
    this.#finish(this);
  }

  error(error: Error): void {
    this.failure = error;
    this.#finish(this);
  }
}

function source(input: BodyInput): BodySource {
  const body = toBody(input);
  if (body === undefined || body instanceof Uint8Array) throw new Error("not a source");
  return body;
}

const pieces = ["one ", "two ", "three"];
const buffers = (): Buffer[] => pieces.map((piece) => Buffer.from(piece));

async function* slowly(chunks: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const chunk of chunks) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
    yield chunk;
  }
}

const forms: [string, () => BodyInput][] = [
  ["an array", buffers],
  ["a generator", () => buffers().values()],
  ["an async iterable of bytes", () => slowly(buffers())],
  ["an async iterable of strings", () => slowly(pieces)],
  ["a Node Readable", () => Readable.from(buffers())],
  ["a Node Readable of strings", () => Readable.from(pieces, { objectMode: false, encoding: "utf8" })],
  ["a web ReadableStream", () => Readable.toWeb(Readable.from(buffers())) as ReadableStream<Uint8Array>],
  ["a Blob", () => new Blob(pieces)],
];

test.for(forms)("%s is given whole and in order", async ([, input]) => {
  const sink = new Sink();
  source(input()).start(sink);
  await sink.finished;
  expect(sink.chunks.join("")).toBe("one two three");
  expect(sink).toMatchObject({ ended: 1, failure: undefined });
});

test.for(forms.slice(0, 7))("%s waits while the sink is full, and goes on when it is resumed", async ([, input]) => {
  const sink = new Sink();
  sink.full = () => true;
  const body = source(input());
  body.start(sink);
  for (let count = 1; sink.ended === 0; count++) {
    // oxlint-disable-next-line no-await-in-loop
    while (sink.chunks.length < count && sink.ended === 0) await turns();
    // oxlint-disable-next-line no-await-in-loop
    await turns(5);
    if (sink.ended > 0) break;
    expect(sink.chunks.length).toBe(count);
    body.resume();
  }
  expect(sink.chunks.join("")).toBe("one two three");
});

test("strings become UTF-8, bytes stay as they are, null and undefined are nothing", () => {
  expect(toBody("ä")).toEqual(Buffer.from([0xc3, 0xa4]));
  const bytes = Uint8Array.of(1, 2);
  expect(toBody(bytes)).toBe(bytes);
  expect(toBody(null)).toBeUndefined();
  expect(toBody(undefined)).toBeUndefined();
});

test("a source is taken as it is", () => {
  const own = { start: () => {}, pause: () => {}, resume: () => {} };
  expect(toBody(own)).toBe(own);
});

test("a URLSearchParams is the bytes of a form", () => {
  expect(toBody(new URLSearchParams({ a: "1 2", b: "é" }))).toEqual(Buffer.from("a=1+2&b=%C3%A9"));
});

test.for([5, true, {}, () => {}])("%o is no body", (input) => {
  expect(() => toBody(input as unknown as BodyInput)).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }),
  );
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("part");
  throw new Error("disk full");
}

function* failingNow(): Generator<Uint8Array> {
  yield Buffer.from("part");
  throw new Error("disk full");
}

test.for<[string, () => BodyInput]>([
  ["an async iterable", failing],
  ["a generator", failingNow],
  ["a Readable", () => Readable.from(failing())],
])("%s that fails: the sink hears of it, after the part, and of no end", async ([, input]) => {
  const sink = new Sink();
  source(input()).start(sink);
  await sink.finished;
  expect(sink).toMatchObject({ chunks: ["part"], ended: 0, failure: { message: "disk full" } });
});

test("chunks that are neither bytes nor strings: the sink hears of it", async () => {
  const sink = new Sink();
  source(slowly([5 as unknown as string])).start(sink);
  await sink.finished;
  expect(sink.failure).toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
  const other = new Sink();
  source(Readable.from([5])).start(other);
  await other.finished;
  expect(other.failure).toMatchObject({ code: "FCGI_ERR_INVALID_ARGUMENT" });
});

test("a Readable destroyed before its end, or read before: the sink hears of it", async () => {
  const stream = new PassThrough();
  const sink = new Sink();
  source(stream).start(sink);
  stream.destroy();
  await sink.finished;
  expect(sink.failure?.message).toContain("closed before its end");
  const other = new Sink();
  source(stream).start(other);
  await other.finished;
  expect(other.failure?.message).toContain("already read or destroyed");
});

test("a locked web stream: the sink hears of it", async () => {
  const stream = new Blob(["x"]).stream();
  stream.getReader();
  const sink = new Sink();
  source(stream).start(sink);
  await sink.finished;
  expect(sink.failure).toBeInstanceOf(TypeError);
});

test("cancel ends the iteration, and closes what it read from", async () => {
  const closed = vi.fn<() => void>();
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from("x");
    } finally {
      closed();
    }
  }
  const sink = new Sink();
  const body = source(endless());
  sink.full = (count) => count === 3;
  body.start(sink);
  while (sink.chunks.length < 3) {
    // oxlint-disable-next-line no-await-in-loop
    await turns();
  }
  body.cancel?.();
  await turns(2);
  expect(closed).toHaveBeenCalledOnce();
  expect(sink).toMatchObject({ ended: 0, failure: undefined });
  expect(sink.chunks).toHaveLength(3);

  const stream = new PassThrough();
  const reader = source(stream);
  const other = new Sink();
  reader.start(other);
  reader.cancel?.();
  expect(stream.destroyed).toBe(true);
  await turns(2);
  expect(other).toMatchObject({ ended: 0, failure: undefined });
});

test("a body that is never started is closed by cancel", async () => {
  const cancelled = vi.fn<() => void>();
  const stream = new ReadableStream<Uint8Array>({ cancel: cancelled });
  source(stream).cancel?.();
  await turns(2);
  expect(cancelled).toHaveBeenCalledOnce();
  const readable = new PassThrough();
  source(readable).cancel?.();
  expect(readable.destroyed).toBe(true);
});
