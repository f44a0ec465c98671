import { existsSync, statfsSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";

import { BLOCK_SIZE, Blocks } from "../../src/spool/blocks.ts";
import { SpoolQueue } from "../../src/spool/spool-queue.ts";
import { Spool, type SpoolOptions, type SpoolProblem, type SpoolPurpose } from "../../src/spool/spool.ts";
import { fullDisk } from "../support/full-disk.ts";
import { needs } from "../support/needs.ts";
import { eventually, openFiles } from "../support/open-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

class World {
  readonly folder: string;
  readonly spool: Spool;
  readonly told: string[] = [];
  readonly queue: SpoolQueue;
  #onRoom: (() => void) | undefined;

  constructor(quota: number, purpose: SpoolPurpose = "request", options: SpoolOptions & { folder?: string } = {}) {
    this.folder = options.folder ?? temporaryFolder();
    this.spool = new Spool({ folder: this.folder, quota }, { ...options, blocks: new Blocks(true) });
    this.queue = new SpoolQueue(this.spool, purpose, {
      onRoom: () => {
        this.told.push("room");
        this.#onRoom?.();
      },
      onRefused: ({ reason }: SpoolProblem) => this.told.push(`refused: ${reason}`),
      onLost: ({ reason }: SpoolProblem) => this.told.push(`lost: ${reason}`),
    });
    onTestFinished(() => {
      this.queue.close();
      this.spool.end();
    });
  }

  room(): Promise<void> {
    return new Promise((resolve) => (this.#onRoom = resolve));
  }

  /** All that is there, each piece copied before its block is given back. */
  async drain(small?: boolean): Promise<Buffer> {
    const pieces: Buffer[] = [];
    while (this.queue.length > 0) pieces.push(await this.next(small));
    return Buffer.concat(pieces);
  }

  next(small?: boolean): Promise<Buffer> {
    return new Promise((resolve) => {
      this.queue.next((bytes, release) => {
        const copy = Buffer.from(bytes);
        release();
        resolve(copy);
      }, small);
    });
  }
}

/** Bytes that a disk has room for. */
function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Bytes that are the same nowhere. */
function pattern(length: number, from = 0): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(((from + at) * 2_654_435_761) % 2 ** 32, at);
  return bytes;
}

test("64 KiB wait in memory, more in a file", async () => {
  const { queue, spool } = new World(1e6);
  expect(queue.push(pattern(BLOCK_SIZE - 1))).toBe(true);
  expect(spool.stats).toMatchObject({ files: 0, bytes: 0 });
  queue.push(pattern(2));
  await eventually(() => spool.stats.files === 1);
  expect(spool.stats).toMatchObject({ bytes: BLOCK_SIZE, opened: 1 });
  expect(queue.length).toBe(BLOCK_SIZE + 1);
});

test("whoever pushes is told to wait for the file, and to go on", async () => {
  const world = new World(1e6);
  const whole = pattern(4 * BLOCK_SIZE);
  const half = 2 * BLOCK_SIZE;
  const room = world.room();
  expect(world.queue.push(whole.subarray(0, half))).toBe(false);
  await room;
  world.queue.push(whole.subarray(half));
  expect((await world.drain()).equals(whole)).toBe(true);
});

test("many small pieces cost their bytes alone", () => {
  const { queue } = new World(1e6);
  const piece = Buffer.from("x");
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 50_000; count++) queue.push(piece);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * BLOCK_SIZE);
  expect(queue.length).toBe(50_000);
});

test("what comes out is what went in, in any order of both", { timeout: 60_000 }, async () => {
  const step = fc.oneof(
    fc.record({ push: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 3 * BLOCK_SIZE })) }),
    fc.record({ take: fc.boolean() }),
    fc.constant({ settle: true }),
    fc.constant({ wait: true }),
  );
  const quota = fc.constantFrom(0, BLOCK_SIZE, 3 * BLOCK_SIZE, 1e9);
  await fc.assert(
    fc.asyncProperty(quota, fc.array(step, { maxLength: 30 }), async (quota, steps) => {
      const world = new World(quota);
      let pushed = 0;
      let taken = 0;
      const check = (bytes: Buffer): void => {
        expect(bytes.equals(pattern(pushed).subarray(taken, taken + bytes.length))).toBe(true);
        taken += bytes.length;
      };
      for (const one of steps) {
        if ("push" in one) {
          const length = one.push & ~3 || 4;
          world.queue.push(pattern(length, pushed));
          pushed += length;
        } else if ("take" in one) {
          if (world.queue.length > 0) check(await world.next(one.take));
        } else if ("settle" in one) world.queue.settle();
        else await new Promise(setImmediate);
        expect(world.queue.length).toBe(pushed - taken);
        expect(world.spool.stats.bytes).toBeLessThanOrEqual(quota);
      }
      check(await world.drain());
      expect(taken).toBe(pushed);
      world.queue.close();
      expect(world.spool.stats.bytes).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a file that was read to its end is used again from its start", async () => {
  const world = new World(4 * BLOCK_SIZE);
  for (let round = 0; round < 20; round++) {
    const bytes = pattern(2 * BLOCK_SIZE + 100, round);
    world.queue.push(bytes);
    expect((await world.drain()).equals(bytes)).toBe(true);
  }
  expect(world.spool.stats.opened).toBe(1);
  expect(world.told.filter((what) => what !== "room")).toEqual([]);
});

test("settled, a queue that is in a file keeps nothing in memory", async () => {
  const { queue, spool } = new World(1e6);
  queue.push(pattern(BLOCK_SIZE + 10));
  queue.settle();
  await eventually(() => spool.stats.bytes === BLOCK_SIZE + 10);
});

describe("without room", () => {
  test("what was pushed stays in memory, and 64 KiB are enough then", async () => {
    const world = new World(BLOCK_SIZE);
    const whole = pattern(3 * BLOCK_SIZE);
    world.queue.push(whole);
    await eventually(() => world.told.length > 0);
    expect(world.told[0]).toMatch(/^refused: .*limits\.spool\.quota/);
    expect(world.spool.stats).toMatchObject({ bytes: BLOCK_SIZE });
    const room = world.room();
    await world.next();
    await world.next();
    expect(world.told).not.toContain("room");
    await world.next();
    await room;
    // Told once, however often it is tried.
    world.queue.push(whole);
    world.queue.push(whole);
    await world.drain();
    expect(world.told.filter((what) => what.startsWith("refused"))).toHaveLength(1);
  });

  test("[f21] a response's application is told to wait at once, and for all of what it has sent", async () => {
    const world = new World(3 * BLOCK_SIZE, "response");
    const whole = pattern(5 * BLOCK_SIZE);
    // Its half of the quota holds one block, and what comes next may be two.
    expect(world.queue.push(whole.subarray(0, 100))).toBe(true);
    expect(world.queue.push(whole.subarray(100, BLOCK_SIZE))).toBe(false);
    await eventually(() => world.told.length > 0);
    expect(world.told).toEqual([expect.stringMatching(/^refused: .*limits\.spool\.quota/)]);
    const room = world.room();
    const got = await world.drain();
    await room;
    expect(world.queue.push(whole.subarray(BLOCK_SIZE, 2 * BLOCK_SIZE))).toBe(false);
    expect(Buffer.concat([got, await world.drain()]).equals(whole.subarray(0, 2 * BLOCK_SIZE))).toBe(true);
    expect(world.told.filter((what) => what.startsWith("refused"))).toHaveLength(1);
  });

  test("[f21] what waits then lies in small blocks, each of which comes back when it was taken", async () => {
    const world = new World(0, "response");
    const taken: Buffer[] = [];
    expect(world.queue.push(pattern(BLOCK_SIZE))).toBe(false);
    while (world.queue.length > 0) {
      await new Promise<void>((resolve) => {
        world.queue.next((bytes, release) => {
          taken.push(Buffer.from(bytes));
          expect(bytes.buffer.byteLength).toBe(16_384);
          release();
          resolve();
        });
      });
    }
    expect(Buffer.concat(taken).equals(pattern(BLOCK_SIZE))).toBe(true);
  });

  test("an upload of less than 64 KiB needs none", async () => {
    const world = new World(0);
    expect(world.queue.push(pattern(BLOCK_SIZE - 4))).toBe(true);
    expect((await world.drain()).equals(pattern(BLOCK_SIZE - 4))).toBe(true);
    expect(world.told).toEqual([]);
  });

  test("a refusal in the middle loses nothing", async () => {
    const world = new World(1e9);
    const whole = pattern(3 * BLOCK_SIZE);
    world.queue.push(whole.subarray(0, BLOCK_SIZE + 4));
    await eventually(() => world.spool.stats.files === 1);
    const reserve = world.spool.reserve.bind(world.spool);
    world.spool.reserve = (_bytes, purpose) => {
      world.spool.reserve = reserve;
      return { reason: `no ${purpose}` };
    };
    world.queue.push(whole.subarray(BLOCK_SIZE + 4));
    expect((await world.drain()).equals(whole)).toBe(true);
    expect(world.told).toContain("refused: no request");
  });

  test("[f25] a full disk loses nothing, and is not written to again", async (context) => {
    const folder = fullDisk(context, 2 * BLOCK_SIZE);
    // The disk says that it is empty: it fills up between the look and the write.
    const world = new World(1e9, "response", { folder, statfs: () => ({ bsize: 4_096, blocks: 0, bavail: 0 }) });
    const whole = pattern(6 * BLOCK_SIZE);
    world.queue.push(whole);
    await eventually(() => world.told.some((what) => what.startsWith("refused")));
    expect(world.told.find((what) => what.startsWith("refused"))).toContain("ENOSPC");
    expect((await world.drain()).equals(whole)).toBe(true);
    world.queue.close();
    await eventually(() => world.spool.stats.files === 0);
    // With the file the room comes back, once the system has closed it.
    await eventually(() => roomIn(folder) >= 2 * BLOCK_SIZE);
    const next = new World(1e9, "response", { folder, statfs: () => ({ bsize: 4_096, blocks: 0, bavail: 0 }) });
    next.queue.push(whole.subarray(0, BLOCK_SIZE));
    await eventually(() => next.spool.stats.opened === 1);
    expect((await next.drain()).equals(whole.subarray(0, BLOCK_SIZE))).toBe(true);
    expect(next.told).toEqual([]);
  });

  test("a file that cannot be opened: the same", async () => {
    const world = new World(1e9);
    world.spool.open = () => {
      throw new Error("EMFILE: too many open files");
    };
    const whole = pattern(2 * BLOCK_SIZE);
    world.queue.push(whole);
    expect((await world.drain()).equals(whole)).toBe(true);
    await eventually(() => world.told.some((what) => what.startsWith("refused")));
    expect(world.told.find((what) => what.startsWith("refused"))).toContain("EMFILE");
    // It is not tried again.
    expect(world.queue.push(whole)).toBe(false);
    expect((await world.drain()).equals(whole)).toBe(true);
  });
});

describe("closed", () => {
  test.each<[string, (world: World) => Promise<void> | void]>([
    ["with everything in memory", (world) => void world.queue.push(pattern(10))],
    ["when the file is new", (world) => void world.queue.push(pattern(BLOCK_SIZE))],
    [
      "while it is written",
      async (world) => {
        world.queue.push(pattern(3 * BLOCK_SIZE));
        await eventually(() => world.spool.stats.files === 1);
      },
    ],
    [
      "while it is read",
      async (world) => {
        world.queue.push(pattern(2 * BLOCK_SIZE));
        await eventually(() => world.queue.length === 2 * BLOCK_SIZE && world.spool.stats.bytes === 2 * BLOCK_SIZE);
        world.queue.next(() => world.told.push("taken"));
      },
    ],
  ])("%s, it gives everything back and calls nobody", async (_title, before) => {
    const world = new World(1e9);
    await before(world);
    world.queue.close();
    world.queue.close();
    expect(world.spool.stats.bytes).toBe(0);
    expect(world.queue.push(pattern(10))).toBe(false);
    await eventually(
      () => world.spool.stats.files === 0 && (!existsSync("/proc/self/fd") || openFiles(world.folder).length === 0),
    );
    expect(world.told.filter((what) => what !== "room")).toEqual([]);
  });

  test("its file is closed", async (context) => {
    needs(context, "/proc", existsSync("/proc/self/fd"));
    const world = new World(1e9);
    world.queue.push(pattern(BLOCK_SIZE));
    await eventually(() => openFiles(world.folder).length === 1);
    world.queue.close();
    await eventually(() => openFiles(world.folder).length === 0);
    expect(world.spool.stats.files).toBe(0);
  });
});
