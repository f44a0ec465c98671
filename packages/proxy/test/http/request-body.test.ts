import { expect, test } from "vitest";

import { BodyCollector, StreamedBody } from "../../src/http/request-body.ts";

function collect(limit: number, expected: number | undefined, feed: (collector: BodyCollector) => void): unknown[] {
  const told: unknown[] = [];
  feed(
    new BodyCollector(limit, expected, {
      onBody: (body) => told.push(body === undefined ? "none" : Buffer.from(body).toString("latin1")),
      onTooLarge: () => told.push("too large"),
      onBroken: (error) => told.push(error.message),
    }),
  );
  return told;
}

test("pieces of any size become one body", () => {
  for (const expected of [undefined, 200_000]) {
    const [body] = collect(200_000, expected, (collector) => {
      for (let sent = 0; sent < 200_000;) {
        const size = Math.min((sent % 7_919) + 1, 200_000 - sent);
        collector.write(Buffer.alloc(size, 0x61 + (sent % 26)));
        sent += size;
      }
      collector.end();
    });
    let expectedText = "";
    for (let sent = 0; sent < 200_000;) {
      const size = Math.min((sent % 7_919) + 1, 200_000 - sent);
      expectedText += String.fromCharCode(0x61 + (sent % 26)).repeat(size);
      sent += size;
    }
    expect(body).toBe(expectedText);
  }
});

test("a body that comes in one piece is not copied", () => {
  const chunk = Buffer.from("hello");
  let body: Uint8Array | undefined;
  const collector = new BodyCollector(10, 5, {
    onBody: (bytes) => (body = bytes),
    onTooLarge: () => {},
    onBroken: () => {},
  });
  collector.write(chunk);
  collector.end();
  expect(body?.buffer).toBe(chunk.buffer);
});

test.each<[string, number | undefined, string[], unknown[]]>([
  ["exactly the limit", undefined, ["12345", "67890"], ["1234567890"]],
  ["one more than the limit", undefined, ["12345", "678901"], ["too large"]],
  ["nothing", undefined, [], ["none"]],
  ["less than announced", 5, ["1234"], ["The body has 4 of 5 bytes."]],
])("%s", (_title, expected, pieces, told) => {
  expect(
    collect(10, expected, (collector) => {
      for (const piece of pieces) collector.write(Buffer.from(piece));
      collector.end();
    }),
  ).toEqual(told);
});

test("[f22] a body that breaks off is never a whole one, and the end is told once", () => {
  expect(
    collect(10, undefined, (collector) => {
      collector.write(Buffer.from("123"));
      collector.error(new Error("gone"));
      collector.end();
      collector.error(new Error("again"));
    }),
  ).toEqual(["gone"]);
});

function stream(expected: number | undefined): { told: string[]; body: StreamedBody } {
  const told: string[] = [];
  const source = {
    start: () => told.push("started"),
    pause: () => told.push("paused"),
    resume: () => told.push("resumed"),
  };
  const body = new StreamedBody(
    source,
    10,
    expected,
    () => told.push("100"),
    () => told.push("too large"),
  );
  body.start({
    write: (chunk) => told.push(Buffer.from(chunk).toString()) < 5,
    end: () => told.push("end"),
    error: (error) => told.push(error.message),
  });
  return { told, body };
}

test("a streamed body says 100 Continue when it is wanted, and passes on what comes", () => {
  const { told, body } = stream(7);
  expect(body.write(Buffer.from("abc"))).toBe(true);
  body.pause();
  body.resume();
  expect(body.write(Buffer.from("defg"))).toBe(false);
  body.end();
  expect(told).toEqual(["100", "started", "abc", "paused", "resumed", "defg", "end"]);
});

test.each<[string, number | undefined, string, string]>([
  ["more than the limit", undefined, "12345678901", "too large"],
  ["more than announced", 3, "1234", "too large"],
  ["less than announced", 3, "12", "The body has 2 of 3 bytes."],
])("a streamed body with %s", (_title, expected, piece, last) => {
  const { told, body } = stream(expected);
  body.write(Buffer.from(piece));
  if (last !== "too large") body.end();
  expect(told.at(-1)).toBe(last);
});
