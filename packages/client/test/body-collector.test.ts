import { describe, expect, test } from "vitest";

import { BodyCollector } from "../src/body-collector.ts";

/** No two neighbours alike, and no two pieces. */
function pattern(length: number, seed = 0): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8) + seed) & 0xff));
}

function collect(body: Buffer, size: number, announced?: number): Buffer {
  const collector = new BodyCollector(announced);
  for (let at = 0; at < body.length; at += size) collector.add(body.subarray(at, at + size));
  return collector.finish();
}

describe.for([{ announced: true }, { announced: false }])("length announced $announced", ({ announced }) => {
  test.for([0, 1, 1_000, 65_535, 65_536, 65_537, 131_072, 200_001])("%i bytes, in pieces of any size", (length) => {
    const body = pattern(length);
    for (const size of [997, 65_528, 65_536, 70_000, 300_000]) {
      expect(collect(body, size, announced ? length : undefined).equals(body)).toBe(true);
    }
  });

  test("chunks may change at once, and what was given out stays as it is", () => {
    const one = pattern(100_000, 1);
    const chunk = Buffer.from(one);
    const collector = new BodyCollector(announced ? one.length : undefined);
    collector.add(chunk);
    chunk.fill(0);
    const given = collector.finish();
    expect(collect(pattern(100_000, 2), 65_536, announced ? 100_000 : undefined).equals(pattern(100_000, 2))).toBe(
      true,
    );
    expect(given.equals(one)).toBe(true);
  });
});

test("two at once do not meet", () => {
  const bodies = [pattern(150_000, 1), pattern(150_000, 2)];
  collect(pattern(200_000, 3), 65_536);
  const collectors = bodies.map(() => new BodyCollector(undefined));
  for (let at = 0; at < 150_000; at += 10_000) {
    for (const [index, body] of bodies.entries()) collectors[index]!.add(body.subarray(at, at + 10_000));
  }
  for (const [index, body] of bodies.entries()) expect(collectors[index]!.finish().equals(body)).toBe(true);
});

test("fewer bytes than announced are as many as came", () => {
  expect(collect(Buffer.from("few"), 3, 1_000).toString()).toBe("few");
  expect(collect(Buffer.alloc(0), 3, 1_000)).toHaveLength(0);
});

test("an announcement alone takes no memory", () => {
  const collector = new BodyCollector(2 ** 50);
  collector.add(Buffer.from("little"));
  expect(collector.finish().toString()).toBe("little");
});

test("what was dropped is used again, and shows nowhere", () => {
  const dropped = new BodyCollector(undefined);
  dropped.add(pattern(70_000));
  dropped.drop();
  expect(collect(Buffer.from("clean"), 2).toString()).toBe("clean");
});
