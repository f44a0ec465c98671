import { expect, test } from "vitest";

import type { BodySink, BodySource } from "../src/body.ts";
import { Pool } from "../src/pool.ts";
import { turns } from "./support/clock.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

const SIZE = 65_528;

/** A source with few buffers: each is overwritten as soon as it comes back, and used again. */
class RecyclingSource implements BodySource {
  released = 0;
  /** Buffers ever made. */
  made = 0;
  readonly #free: Buffer[] = [];
  #sink!: BodySink;
  #left: number;

  constructor(pieces: number) {
    this.#left = pieces;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.resume();
  }

  pause(): void {}

  resume(): void {
    let more = true;
    while (more && this.#left > 0) {
      const buffer = this.#free.pop() ?? Buffer.alloc(SIZE, this.made++);
      buffer.fill(0x61 + (this.#left-- % 26));
      more = this.#sink.write(buffer, () => {
        this.released++;
        buffer.fill(0xdd);
        this.#free.push(buffer);
      });
    }
    if (this.#left === 0 && more) this.#sink.end();
  }
}

test.for([{ tcp: false }, { tcp: true }])(
  "a source gets its chunks back when they were written, and may use them again, tcp $tcp",
  async ({ tcp }) => {
    await using peer = await Peer.start({
      tcp,
      onStdin: ({ connection: { socket } }) => {
        socket.pause();
        setImmediate(() => socket.resume());
      },
      onRequest: ({ id, connection }) => connection.reply(id, "read"),
    });
    const source = new RecyclingSource(100);
    await run(new Pool(peer.address), { stdin: source }).settled;
    let expected = "";
    for (let left = 100; left > 0; left--) expected += String.fromCharCode(0x61 + (left % 26)).repeat(SIZE);
    expect(peer.requests[0]?.stdin.toString("latin1") === expected).toBe(true);
    expect(source.released).toBe(100);
    expect(source.made).toBeLessThan(10);
  },
);

test("small chunks come back too", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id, "read") });
  const released: string[] = [];
  const source: BodySource = {
    start: (sink) => {
      for (const text of ["one", "two"]) sink.write(Buffer.from(text), () => released.push(text));
      sink.end();
    },
    pause: () => {},
    resume: () => {},
  };
  await run(new Pool(peer.address), { stdin: source }).settled;
  expect(peer.requests[0]?.stdin.toString()).toBe("onetwo");
  expect(released).toEqual(["one", "two"]);
});

test("what the application did not read does not come back before its connection is gone", async () => {
  await using peer = await Peer.start({ onRequest: () => {} });
  const source = new RecyclingSource(1_000);
  const recorder = run(new Pool(peer.address), { stdin: source });
  await peer.begun(1);
  peer.requests[0]!.connection.socket.pause();
  await turns(50);
  const { released, made } = source;
  expect(released).toBeLessThan(1_000);
  await turns(50);
  expect(source).toMatchObject({ released, made });
  recorder.controller?.abort();
  await recorder.settled;
});
