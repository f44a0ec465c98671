import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parseRequests } from "../support/parse-requests.ts";
import { BAD, GOOD } from "../support/request-corpus.ts";

/** Every way to cut a text in two, of a long one some of them, and all bytes alone. */
function* cutsOf(text: string): Generator<number[]> {
  const step = text.length > 500 ? Math.ceil(text.length / 150) : 1;
  for (let at = 1; at < text.length; at += step) yield [at];
  yield Array.from({ length: text.length }, (_value, at) => at);
}

describe("requests that are in order", () => {
  test.each(GOOD)("%s", (_title, bytes, bodies) => {
    const parsed = parseRequests(bytes);
    expect(parsed.refused, parsed.reason).toBeUndefined();
    expect(parsed.requests.map(({ body }) => body)).toEqual(bodies);
    expect(parsed.requests.every(({ complete }) => complete)).toBe(true);
    for (const cuts of cutsOf(bytes)) expect(parseRequests(bytes, cuts)).toEqual(parsed);
  });

  test("their parts are as they came, values without the space around them", () => {
    const bytes = "GET /a?b HTTP/1.1\r\nhOST: \t A  b \t\r\nX:\r\nX:\xe4\r\nConnection: close\r\n\r\n";
    expect(parseRequests(bytes).requests).toEqual([
      {
        method: "GET",
        target: "/a?b",
        version: "1.1",
        headers: ["hOST", "A  b", "X", "", "X", "\xe4", "Connection", "close"],
        persistent: false,
        body: "",
        complete: true,
      },
    ]);
  });

  test.each([
    ["1.1", "", true],
    ["1.1", "Connection: close\r\n", false],
    ["1.1", "Connection: Upgrade,  CLOSE\r\n", false],
    ["1.1", "Connection: keep-alive\r\nConnection: close\r\n", false],
    ["1.1", "Connection: closed, enclose\r\n", true],
    ["1.0", "", false],
    ["1.0", "Connection: keep-alive\r\n", true],
    ["1.0", "connection: foo, Keep-Alive\t,\r\n", true],
    ["1.0", "Connection: keep-alive, close\r\n", false],
  ])("HTTP/%s with %j goes on: %s", (version, field, persistent) => {
    expect(parseRequests(`GET / HTTP/${version}\r\n${field}\r\n`).requests[0]?.persistent).toBe(persistent);
  });
});

describe("what two servers could understand in two ways", () => {
  test.each(BAD)("%s", (_title, bytes, status) => {
    const parsed = parseRequests(bytes);
    expect(parsed.refused, JSON.stringify(parsed)).toBe(status);
    for (const cuts of cutsOf(bytes)) {
      const again = parseRequests(bytes, cuts);
      // The pieces of a body that came before may differ.
      expect([again.refused, again.reason, again.requests.length]).toEqual([
        parsed.refused,
        parsed.reason,
        parsed.requests.length,
      ]);
    }
  });

  test("[TA29] the limits are exact", () => {
    const head = (bytes: number): string => {
      const rest = "GET / HTTP/1.1\r\nX: \r\n\r\n";
      return rest.replace("X: ", `X: ${"x".repeat(bytes - rest.length)}`);
    };
    expect(parseRequests(head(2_048)).refused).toBeUndefined();
    expect(parseRequests(head(2_049)).refused).toBe(431);
    expect(parseRequests(`GET / HTTP/1.1\r\n${"X: y\r\n".repeat(20)}\r\n`).refused).toBeUndefined();
    const chunks = (extension: number): string =>
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;${"x".repeat(extension)}\r\nab\r\n0;xx\r\n\r\n`;
    expect(parseRequests(chunks(16_384)).refused).toBeUndefined();
    expect(parseRequests(chunks(16_385)).refused).toBe(413);
  });

  test("nothing is read behind it", () => {
    const { requests, consumed } = parseRequests("GET / HTTP/1.1\r\nA b: c\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
    expect(requests).toEqual([]);
    expect(consumed).toBe(17);
  });
});

const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const cutting = fc.array(fc.nat({ max: 60 }), { maxLength: 40 });

/** Places at distances, as far as there is something to cut. */
function placesIn(text: string, distances: readonly number[]): number[] {
  let at = 0;
  return distances.map((distance) => (at += distance)).filter((place) => place < text.length);
}

describe("properties", () => {
  test("a chunked body arrives whole, whatever the chunks and the pieces", () => {
    const chunks = fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.boolean(), fc.nat({ max: 3 })));
    fc.assert(
      fc.property(chunks, cutting, (parts, distances) => {
        const texts = parts.map(([bytes]) => Buffer.from(bytes).toString("latin1"));
        const wire = parts.map(([bytes, upper, zeros], at) => {
          const size = "0".repeat(zeros) + bytes.length.toString(16);
          return `${upper ? size.toUpperCase() : size}\r\n${texts[at]}\r\n`;
        });
        const text = `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${wire.join("")}0\r\n\r\nGET /next HTTP/1.1\r\n\r\n`;
        const { requests, refused } = parseRequests(text, placesIn(text, distances));
        expect(refused).toBeUndefined();
        expect(requests.map((it) => [it.target, it.body, it.complete])).toEqual([
          ["/", texts.join(""), true],
          ["/next", "", true],
        ]);
      }),
    );
  });

  test("a body of known length is exactly that long", () => {
    fc.assert(
      fc.property(body, cutting, (content, distances) => {
        const text = `PUT /a HTTP/1.1\r\nContent-Length: ${content.length}\r\n\r\n${content}GET /b HTTP/1.1\r\n\r\n`;
        const { requests } = parseRequests(text, placesIn(text, distances));
        expect(requests.map((it) => it.body)).toEqual([content, ""]);
      }),
    );
  });

  test("any bytes in any pieces mean the same", () => {
    const piece = fc.constantFrom(
      "GET ",
      "POST / HTTP/1.1\r\n",
      "/ HTTP/1.1\r\n",
      "Host: a\r\n",
      "Content-Length: 5\r\n",
      "Content-Length: ",
      "Transfer-Encoding: chunked\r\n",
      "\r\n",
      "\r",
      "\n",
      "0\r\n\r\n",
      "5\r\n",
      "hello",
      ";x",
      " ",
      ":",
      "\0",
      "\xff",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), cutting, (pieces, distances) => {
        const text = pieces.join("");
        const whole = parseRequests(text);
        const again = parseRequests(text, placesIn(text, distances));
        expect({ ...again, consumed: 0 }).toEqual({ ...whole, consumed: 0 });
      }),
      { numRuns: 2_000 },
    );
  });
});
