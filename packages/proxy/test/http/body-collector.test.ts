import { describe, expect, onTestFinished, test } from "vitest";

import { BodyCollector, type CollectingRules } from "../../src/http/body-collector.ts";
import { SpooledBody } from "../../src/http/spooled-body.ts";
import { Spool } from "../../src/spool/spool.ts";
import { eventually } from "../support/open-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A client's body given by hand, and what was made of it. */
class World {
  readonly spool: Spool;
  readonly collector: BodyCollector;
  readonly told: string[] = [];
  body: Uint8Array | SpooledBody | undefined;
  /** It was told to go on so often. */
  resumed = 0;

  constructor({ limit = 1e9, expected, quota = 1e9 }: { limit?: number; expected?: number; quota?: number } = {}) {
    this.spool = new Spool({ folder: temporaryFolder(), quota });
    const rules: CollectingRules = { limit, pace: { idle: 0, rate: 0 }, spool: this.spool };
    const source = { start: () => {}, pause: () => {}, resume: () => void this.resumed++ };
    this.collector = new BodyCollector(source, expected, rules, {
      onBody: (body) => {
        this.told.push("body");
        this.body = body;
      },
      onRefused: ({ status, reason }) => this.told.push(`${status} ${reason}`),
    });
    this.collector.start();
    onTestFinished(() => {
      this.collector.cancel();
      this.spool.end();
    });
  }

  write(...pieces: (string | Uint8Array)[]): this {
    for (const piece of pieces) this.collector.write(typeof piece === "string" ? Buffer.from(piece) : piece);
    return this;
  }

  end(): this {
    this.collector.end();
    return this;
  }

  /** The body, as an application would read it: told to wait after each piece. */
  async read(): Promise<Buffer> {
    const { body } = this;
    if (!(body instanceof SpooledBody)) return Buffer.from(body ?? []);
    const pieces: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      body.start({
        write: (chunk, release) => {
          pieces.push(Buffer.from(chunk));
          setImmediate(() => {
            release?.();
            body.resume();
          });
          return pieces.length % 3 === 0;
        },
        end: resolve,
        error: reject,
      });
    });
    return Buffer.concat(pieces);
  }
}

const text = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => 0x61 + (at % 26)));

describe("a body", () => {
  test.each([1, 10, 65_536, 65_537, 300_000])("of %i bytes, in pieces of any size, becomes one", async (length) => {
    const whole = text(length);
    for (const expected of [undefined, length]) {
      const world = new World(expected === undefined ? {} : { expected });
      for (let at = 0; at < length;) {
        const size = Math.min((at % 7_919) + 1, length - at);
        world.write(Buffer.from(whole.subarray(at, at + size)));
        at += size;
      }
      expect(world.end().told).toEqual(["body"]);
      expect(world.body?.length).toBe(length);
      expect(world.body instanceof SpooledBody).toBe(length > 65_536);
      expect((await world.read()).equals(whole)).toBe(true);
    }
  });

  test("of no bytes is none", () => {
    const world = new World().end();
    expect(world.told).toEqual(["body"]);
    expect(world.body).toBeUndefined();
  });

  test("that comes in one piece is not copied", () => {
    const chunk = Buffer.from("hello");
    const world = new World({ expected: 5 }).write(chunk).end();
    expect((world.body as Uint8Array).buffer).toBe(chunk.buffer);
  });

  test("that is stored leaves no garbage behind: its pieces are freed at once", () => {
    const world = new World();
    const pieces = Array.from({ length: 8 }, () => new Uint8Array(Buffer.alloc(40_000).buffer));
    const part = new Uint8Array(new ArrayBuffer(50_000), 10, 40_000);
    world.write(...pieces, part);
    expect(pieces.map(({ buffer }) => buffer.byteLength)).toEqual([40_000, 0, 0, 0, 0, 0, 0, 0]);
    expect(part.buffer.byteLength).toBe(50_000);
  });

  test("faster than the disk is held back, and goes on", async () => {
    const world = new World();
    const piece = (): Uint8Array => new Uint8Array(65_536);
    let written = 0;
    while (world.collector.write(piece())) written++;
    expect(written).toBeLessThan(10);
    await eventually(() => world.resumed > 0);
    expect(world.collector.write(new Uint8Array(1))).toBe(true);
  });

  test("that is not wanted any more frees its file", async () => {
    const world = new World().write(text(200_000));
    await eventually(() => world.spool.stats.files === 1);
    world.collector.cancel();
    expect(world.spool.stats).toMatchObject({ files: 0, bytes: 0 });
    expect(world.write("more").end().told).toEqual([]);
  });

  test("that was read is released by its owner", async () => {
    const world = new World().write(text(200_000)).end();
    expect(await world.read()).toHaveLength(200_000);
    const body = world.body as SpooledBody;
    body.release();
    expect(world.spool.stats).toMatchObject({ files: 0, bytes: 0 });
  });

  test("that one address did not take is whole for the next", async () => {
    const world = new World().write(text(200_000)).end();
    const body = world.body as SpooledBody;
    // An address that could not be reached: never started.
    body.cancel();
    expect((await world.read()).equals(text(200_000))).toBe(true);
  });
});

describe("refused", () => {
  test.each<[string, number | undefined, string[], string[]]>([
    ["exactly the limit", undefined, ["12345", "67890"], ["body"]],
    [
      "one more than the limit",
      undefined,
      ["12345", "678901"],
      ["413 The request body is larger than limits.body allows (10 bytes)."],
    ],
    ["less than announced", 5, ["1234"], ["400 The request body broke off."]],
  ])("%s", (_title, expected, pieces, told) => {
    const world = new World({ limit: 10, ...(expected === undefined ? {} : { expected }) });
    expect(world.write(...pieces).end().told).toEqual(told);
  });

  test("one more than the limit, stored: the file is freed", async () => {
    const world = new World({ limit: 200_000 }).write(text(200_000));
    await eventually(() => world.spool.stats.files === 1);
    expect(world.write("x").end().told).toEqual([
      "413 The request body is larger than limits.body allows (200000 bytes).",
    ]);
    expect(world.spool.stats).toMatchObject({ files: 0, bytes: 0 });
  });

  test.each([10, 200_000])("[f22] one that breaks off after %i bytes, once", (length) => {
    const world = new World().write(text(length));
    world.collector.error();
    world.collector.end();
    world.collector.error();
    expect(world.told).toEqual(["400 The request body broke off."]);
    expect(world.spool.stats.bytes).toBe(0);
  });

  test("[TI09] without room in the spool: to be tried again", async () => {
    const world = new World({ quota: 300_000 });
    expect(world.spool.reserve(200_000, "request")).toBeUndefined();
    world.write(text(200_000));
    await eventually(() => world.told.length > 0);
    expect(world.told).toEqual(["503 The bodies that wait fill limits.spool.quota (300000 bytes for all of them)."]);
    expect(world.spool.stats).toMatchObject({ bytes: 200_000, refused: 1 });
  });

  test("larger than the spool will ever be: too large", async () => {
    const world = new World({ quota: 100_000 }).write(text(200_000));
    await eventually(() => world.told.length > 0);
    expect(world.told).toEqual(["413 The request body is larger than limits.spool.quota allows."]);
  });
});

test("what cannot be held is known before the client is asked for it", () => {
  const spool = new Spool({ folder: temporaryFolder(), quota: 1_000_000 });
  const rules: CollectingRules = { limit: 1e9, pace: { idle: 0, rate: 0 }, spool };
  expect(BodyCollector.precheck(undefined, rules)).toBeUndefined();
  expect(BodyCollector.precheck(1_000_000, rules)).toBeUndefined();
  expect(BodyCollector.precheck(1_000_001, rules)).toMatchObject({ status: 413 });
  expect(spool.reserve(500_000, "request")).toBeUndefined();
  expect(BodyCollector.precheck(500_001, rules)).toMatchObject({ status: 503, rawHeaders: ["Retry-After", "10"] });
  // What stays in memory always has room.
  expect(BodyCollector.precheck(65_536, rules)).toBeUndefined();
  spool.end();
});
