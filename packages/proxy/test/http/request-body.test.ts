import { expect, test } from "vitest";

import { BodyWatch } from "../../src/http/body-watch.ts";
import { StreamedBody } from "../../src/http/request-body.ts";

function stream(expected: number | undefined): { told: string[]; body: StreamedBody } {
  const told: string[] = [];
  const source = {
    start: () => told.push("started"),
    pause: () => told.push("paused"),
    resume: () => told.push("resumed"),
  };
  const body = new StreamedBody(source, {
    limit: 10,
    expected,
    watch: new BodyWatch({ idle: 0, rate: 0 }, () => undefined),
    onStart: () => told.push("100"),
    onTooLarge: () => told.push("too large"),
  });
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
