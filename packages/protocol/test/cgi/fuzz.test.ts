import fc from "fast-check";
import { expect, test } from "vitest";

import { encodeResponseHead } from "../../src/cgi/response-encoder.ts";
import { readLatin1 } from "../../src/text.ts";
import { decode } from "./heads.ts";

/** Heads as applications send them. */
const CORPUS = [
  "X-Powered-By: PHP/8.2.36\r\nContent-type: text/html; charset=UTF-8\r\n\r\n<!doctype html>",
  "Status: 302 Found\r\nLocation: /login.php?next=%2F\r\nSet-Cookie: a=b; path=/\r\nSet-Cookie: c=d\r\nContent-type: text/html\r\n\r\n",
  "Content-Type: text/plain\n\nhello from a shell script\n",
  "Status: 200\nContent-Type: text/event-stream\nCache-Control: no-cache\nX-Accel-Buffering: no\n\ndata: 1\n\n",
  "Status: 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 19\r\n\r\n404 page not found\n",
  "Location: /other?page=2\r\n\r\n",
  "Location: https://example.org/\nContent-Type: text/html\n\n<a href=https://example.org/>moved</a>",
  'Status: 304 Not Modified\r\nETag: "x"\r\nX-Empty:\r\n\r\n',
  "Status: 103 Early Hints\r\nLink: </app.css>; rel=preload; as=style\r\n\r\nStatus: 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
  "Status: 500 Erreur interne \xe9\r\nContent-Type: text/html\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n",
];

/** One accident: bytes cut out, put in, doubled, moved or flipped. */
const accident = fc.record({
  kind: fc.constantFrom("cut", "insert", "repeat", "flip", "end"),
  at: fc.nat(220),
  length: fc.integer({ min: 1, max: 12 }),
  bytes: fc.oneof(
    fc.constantFrom(
      "\r",
      "\n",
      "\r\n",
      "\n\n",
      "\0",
      ":",
      " ",
      "\t",
      "Status: 103\n",
      "Status: 101\n",
      "Location: /\n",
      "Content-Length: 7\n",
      "\xff",
    ),
    fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 4 }),
  ),
});

type Accident = typeof accident extends fc.Arbitrary<infer Value> ? Value : never;

function damage(text: string, { kind, at, length, bytes }: Accident): string {
  const place = at % (text.length + 1);
  const before = text.slice(0, place);
  const after = text.slice(place);
  if (kind === "cut") return before + after.slice(length);
  if (kind === "insert") return before + bytes + after;
  if (kind === "repeat") return before + after.slice(0, length).repeat(2) + after.slice(length);
  if (kind === "end") return before;
  return after === ""
    ? before
    : before + String.fromCharCode(after.charCodeAt(0) ^ (1 << (length % 8))) + after.slice(1);
}

test("[V14] damaged heads of real applications: one result however they are cut, which the encoder can write", () => {
  const results = { taken: 0, refused: 0 };
  const damaged = fc
    .tuple(fc.constantFrom(...CORPUS), fc.array(accident, { maxLength: 4 }))
    .map(([text, accidents]) => accidents.reduce(damage, text));
  fc.assert(
    fc.property(damaged, fc.array(fc.nat(220), { maxLength: 5 }), (text, cuts) => {
      const whole = decode(text);
      expect(
        decode(
          text,
          cuts.filter((cut) => cut <= text.length),
        ),
      ).toEqual(whole);
      if (whole.head === undefined) {
        results.refused++;
        expect(whole.code).toBe("FCGI_ERR_BAD_RESPONSE_HEAD");
        return;
      }
      results.taken++;
      const { statusCode, statusText, rawHeaders } = whole.head;
      const bytes = encodeResponseHead(statusCode, statusText, rawHeaders);
      const again = decode(readLatin1(bytes, 0, bytes.length) + (whole.body ?? ""));
      expect(again.body).toBe(whole.body);
      expect(again.head).toMatchObject({ statusCode, statusText, rawHeaders, location: whole.head.location });
    }),
    { numRuns: 4_000 },
  );
  // A run in which one side hardly occurs would prove little.
  expect(results.taken).toBeGreaterThan(200);
  expect(results.refused).toBeGreaterThan(200);
});
