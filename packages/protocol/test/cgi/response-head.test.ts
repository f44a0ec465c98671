import { validateHeaderName, validateHeaderValue } from "node:http";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ResponseHeadDecoder } from "../../src/cgi/response-head.ts";
import { latin1Bytes } from "../../src/text.ts";
import { decode, fields, headOf } from "./heads.ts";

const BAD = "FCGI_ERR_BAD_RESPONSE_HEAD";
const OVERFLOW = "FCGI_ERR_HEADERS_OVERFLOW";

describe("lines", () => {
  test.each([
    ["LF", "Content-Type: text/plain\nX-A: 1\n\nbody"],
    ["CR LF", "Content-Type: text/plain\r\nX-A: 1\r\n\r\nbody"],
    ["both", "Content-Type: text/plain\nX-A: 1\r\n\nbody"],
    ["both the other way", "Content-Type: text/plain\r\nX-A: 1\n\r\nbody"],
  ])("[C1] [TG01] end in %s", (_name, text) => {
    const { head, body } = decode(text);
    expect(head?.rawHeaders).toEqual(["Content-Type", "text/plain", "X-A", "1"]);
    expect(body).toBe("body");
  });

  test("[C2] [V18] may be split anywhere, also between CR and LF", () => {
    const text = "Status: 404 Not Found\r\nContent-Type: text/html\r\nX-Empty:\r\nX-A:  b : c \r\n\r\n\r\nbody";
    const whole = decode(text);
    expect(whole).toEqual({
      head: {
        statusCode: 404,
        statusText: "Not Found",
        rawHeaders: ["Content-Type", "text/html", "X-A", "b : c"],
        kind: "document",
        location: undefined,
        contentLength: undefined,
      },
      body: "\r\nbody",
      informational: [],
    });
    for (let cut = 0; cut <= text.length; cut++) expect(decode(text, [cut])).toEqual(whole);
    expect(
      decode(
        text,
        [...text].map((_, index) => index),
      ),
    ).toEqual(whole);
  });

  test("[C2] a long line may come byte by byte", () => {
    const value = Array.from({ length: 5_000 }, (_, index) => String.fromCharCode(33 + (index % 90))).join("");
    const text = `Content-Type: ${value}\r\n\r\nbody`;
    const { head, body } = decode(
      text,
      [...text].map((_, index) => index),
    );
    expect(head?.rawHeaders).toEqual(["Content-Type", value]);
    expect(body).toBe("body");
  });

  test("[C3] a name may be followed by white space after the colon, in any case of letters", () => {
    expect(headOf("CONTENT-type:\t text/plain \t\n\n").rawHeaders).toEqual(["CONTENT-type", "text/plain"]);
    expect(headOf("sTaTuS: 201\n\n").statusCode).toBe(201);
  });

  test.each([
    ["[C3] white space before the colon", "Content-Type : a\n\n", "white space between a header's name and its colon"],
    ["[C3] [TG01] a folded line", "Content-Type: a\n b\n\n", "a folded line"],
    ["[C3] a folded first line", "\tContent-Type: a\n\n", "a folded line"],
    ["[TG02] [P86] an HTTP status line", "HTTP/1.1 200 OK\nContent-Type: a\n\n", "an HTTP status line"],
    ["[TG09] a line without a colon", "<html>\n\n", "a line without a colon"],
    ["[TG09] a header without a name", ": a\n\n", "a header without a name"],
    ["[TG09] a space in a name", "X Y: a\n\n", "a character that names cannot have"],
    ["[TG09] a byte above 0x7f in a name", "X\xe9: a\n\n", "a character that names cannot have"],
    ["[C20] a NUL in a name", "X\0: a\n\n", "a character that names cannot have"],
    ["[C20] [TG01] a CR in a value", "X: a\rb\n\n", "a control character"],
    ["[C20] a CR before CR LF", "X: a\r\r\n\n", "a control character"],
    ["[C20] a NUL in a value", "X: a\0b\n\n", "a control character"],
    ["[C20] a control character in a value", "X: a\x1b[1m\n\n", "a control character"],
    ["[C20] a DEL in a value", "X: a\x7f\n\n", "a control character"],
    ["[C20] a CR at the start of a line", "\rX: a\n\n", "a character that names cannot have"],
  ])("%s is refused", (_name, line, mistake) => {
    for (const text of [line, `Content-Type: b\r\n${line}`]) {
      const outcome = decode(`${text}body`);
      expect(outcome.code).toBe(BAD);
      expect(outcome.error).toContain(mistake);
      for (let cut = 0; cut <= text.length; cut++) expect(decode(`${text}body`, [cut])).toEqual(outcome);
    }
  });

  test("[V37] a refused line is shown escaped and short", () => {
    const { error } = decode(`X: \x1b[31m"\\\r${"é".repeat(200)}\n\n`);
    expect(error).toMatch(/"X: \\x1b\[31m\\"\\\\\\r(\\xe9)+…"\.$/);
    expect(error).not.toMatch(/[^\x20-\x7e…]/);
  });

  test("[C4] only the first colon ends a name", () => {
    expect(headOf("Content-Type: a:b: c\nX::d\n\n").rawHeaders).toEqual(["Content-Type", "a:b: c", "X", ":d"]);
  });

  test("[C5] a field without a value is as if not sent", () => {
    const head = headOf("Content-Type: a\nX-A:\nX-B: \t \nStatus:\nContent-Length:\nLocation: \r\n\n");
    expect(head.rawHeaders).toEqual(["Content-Type", "a"]);
    expect(head).toMatchObject({ statusCode: 200, contentLength: undefined, location: undefined });
  });

  test("[C19] [TG16] repeated fields stay apart and in order", () => {
    const text = "Content-Type: a\nSet-Cookie: one\nLink: x\nset-cookie: two\nSet-Cookie: one\n\n";
    expect(headOf(text).rawHeaders.slice(2)).toEqual(
      fields("Set-Cookie: one", "Link: x", "set-cookie: two", "Set-Cookie: one"),
    );
  });

  test("[C21] [TG10] bytes above 0x7f are latin-1, each its own character", () => {
    const value = Array.from({ length: 128 }, (_, index) => String.fromCharCode(128 + index)).join("");
    expect(headOf(`Content-Type: ${value}\n\n`).rawHeaders[1]).toBe(value);
  });

  test("[C23] [C27] the body is untouched, whatever it looks like", () => {
    const body = "\r\n\r\nStatus: 500\n\n\0\xff";
    expect(decode(`Content-Type: a\n\n${body}`).body).toBe(body);
  });
});

describe("the decoder", () => {
  test("gives the index of the first byte of the body, and looks at no byte outside the range", () => {
    const chunk = latin1Bytes("\n\nContent-Type: a\n\nbody");
    const decoder = new ResponseHeadDecoder();
    expect(decoder.push(chunk, 2, 17)).toBe(-1);
    expect(decoder.push(chunk, 17, 18)).toBe(-1);
    expect(decoder.push(chunk, 18, 19)).toBe(19);
    expect(decoder.push(chunk, 19, 23)).toBe(19);
    expect(decoder.bytes).toBe(17);
    expect(decoder.push(chunk)).toBe(0);
    expect(() => decoder.end()).not.toThrow();
  });

  test("takes empty pieces", () => {
    const decoder = new ResponseHeadDecoder();
    expect(decoder.push(new Uint8Array(0), 0, 0)).toBe(-1);
    expect(decoder.bytes).toBe(0);
    expect(decoder.push(latin1Bytes("Status: 204\n\n"))).toBe(13);
    expect(decoder.head.statusCode).toBe(204);
  });

  test("has no head before it is complete", () => {
    const decoder = new ResponseHeadDecoder();
    decoder.push(latin1Bytes("Status: 200\n"));
    expect(() => decoder.head).toThrow(expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT" }));
  });

  test("repeats its error, and says in which phase it was", () => {
    const decoder = new ResponseHeadDecoder();
    const first = errorOf(() => decoder.push(latin1Bytes("oops\n")));
    expect(first).toMatchObject({ code: BAD, phase: "response-head" });
    expect(errorOf(() => decoder.push(latin1Bytes("Status: 200\n\n")))).toBe(first);
    expect(errorOf(() => decoder.end())).toBe(first);
  });

  test("may be used while the listener of another one runs", () => {
    const seen: string[][] = [];
    const outer = new ResponseHeadDecoder({
      onInformational: () => {
        seen.push(headOf("Status: 200\nA: b\nC: d\n\n").rawHeaders);
        expect(decode("E: f\nG: h\n\n", [], { maxLines: 1 }).code).toBe(OVERFLOW);
      },
    });
    outer.push(latin1Bytes("Status: 103\nLink: a\n\nContent-Type: b\nX: c\n\n"));
    expect(outer.head.rawHeaders).toEqual(["Content-Type", "b", "X", "c"]);
    expect(seen).toEqual([["A", "b", "C", "d"]]);
  });

  test.each([
    ["[C24] nothing at all", "", "is missing"],
    ["[C24] a head without its empty line", "Content-Type: a\n", "ends before its empty line"],
    ["[C24] half a line", "Content-Ty", "ends before its empty line"],
    ["[C6] an empty line only", "\r\n\r\nbody", "begins with an empty line"],
  ])("refuses %s", (_name, text, mistake) => {
    const outcome = decode(text);
    expect(outcome.code).toBe(BAD);
    expect(outcome.error).toContain(mistake);
    for (let cut = 0; cut <= text.length; cut++) expect(decode(text, [cut])).toEqual(outcome);
  });
});

describe("limits", () => {
  const head = "Content-Type: a\r\nX-Pad: 1234567890\r\n\r\n";

  test("[C22] a head of exactly maxBytes is taken, of one more is not, however it is cut", () => {
    expect(decode(`${head}body`, [], { maxBytes: head.length }).body).toBe("body");
    for (let maxBytes = 1; maxBytes < head.length; maxBytes++) {
      for (const cuts of [[], [maxBytes], [maxBytes - 1], [...head].map((_, index) => index)]) {
        expect(decode(`${head}body`, cuts, { maxBytes })).toMatchObject({ code: OVERFLOW });
      }
    }
  });

  test("[C22] [TG17] 200 lines and 64 KiB are the defaults", () => {
    const lines = (count: number): string => `Content-Type: a\n${"X: y\n".repeat(count - 1)}\n`;
    expect(headOf(lines(200)).rawHeaders).toHaveLength(400);
    expect(decode(lines(201))).toMatchObject({ code: OVERFLOW });
    const bytes = (count: number): string => `Content-Type: ${"a".repeat(count - 16)}\n\n`;
    expect(headOf(bytes(65_536)).rawHeaders[1]).toHaveLength(65_520);
    expect(decode(bytes(65_537))).toMatchObject({ code: OVERFLOW });
  });

  test("[C22] lines without a value count too", () => {
    expect(decode("Content-Type: a\nX:\nY:\n\n", [], { maxLines: 2 })).toMatchObject({ code: OVERFLOW });
  });

  test("[V19] a line without an end is refused at the limit, not kept", () => {
    const decoder = new ResponseHeadDecoder({ maxBytes: 1_000 });
    const piece = latin1Bytes("a".repeat(100));
    for (let count = 0; count < 10; count++) expect(decoder.push(piece)).toBe(-1);
    expect(decoder.bytes).toBe(1_000);
    expect(() => decoder.push(piece)).toThrow(expect.objectContaining({ code: OVERFLOW }));
    expect(decoder.bytes).toBe(1_000);
  });

  test("[V19] informational heads without end are refused at the limit", () => {
    const decoder = new ResponseHeadDecoder({ maxBytes: 1_000, maxLines: 1_000_000 });
    const piece = latin1Bytes("Status: 103\n\n");
    expect(() => {
      for (;;) decoder.push(piece);
    }).toThrow(expect.objectContaining({ code: OVERFLOW }));
    const counting = new ResponseHeadDecoder({ maxLines: 10 });
    expect(() => {
      for (;;) counting.push(piece);
    }).toThrow(expect.objectContaining({ code: OVERFLOW }));
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])("%d is no limit", (limit) => {
    expect(() => new ResponseHeadDecoder({ maxBytes: limit })).toThrow(/maxBytes/);
    expect(() => new ResponseHeadDecoder({ maxLines: limit })).toThrow(/maxLines/);
  });
});

describe("properties", () => {
  const names = fc.constantFrom("Content-Type", "Status", "Location", "content-length", "X-A", "Set-Cookie", "", "X Y");
  const values = fc.constantFrom(
    "",
    "200 OK",
    "103",
    "302",
    "/x",
    "//x",
    "5",
    "05",
    "x\ty",
    "\xff",
    "a\rb",
    "a\0b",
    " z ",
  );
  const line = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(names, fc.constantFrom(":", ": ", " : ", ""), values).map((parts) => parts.join("")),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 8 }) },
  );
  const lineEnd = fc.constantFrom("\n", "\r\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n");
  const stream = fc.oneof(
    fc
      .array(
        fc.tuple(line, lineEnd).map((parts) => parts.join("")),
        { maxLength: 12 },
      )
      .map((lines) => lines.join("")),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => String.fromCharCode(...bytes)),
  );
  const limits = fc.record({ maxBytes: fc.integer({ min: 1, max: 120 }), maxLines: fc.integer({ min: 1, max: 8 }) });
  const cuts = fc.array(fc.nat(200), { maxLength: 12 });

  test("[C2] [V14] any bytes in any pieces: one result, and no error but ours", () => {
    fc.assert(
      fc.property(stream, cuts, fc.option(limits, { nil: {} }), (text, places, limit) => {
        const whole = decode(text, [], limit);
        const inside = places.filter((place) => place <= text.length);
        expect(decode(text, inside, limit)).toEqual(whole);
        expect(
          decode(
            text,
            [...text].map((_, index) => index),
            limit,
          ),
        ).toEqual(whole);
        if (whole.head === undefined) expect([BAD, OVERFLOW]).toContain(whole.code);
      }),
      { numRuns: 2_000 },
    );
  });

  test("what is accepted is what a plain reading of RFC 3875 accepts, and nothing that Node would throw on", () => {
    fc.assert(
      fc.property(stream, (text) => {
        const { head, body, informational } = decode(text);
        if (head === undefined) return;
        const plain = readPlainly(text);
        expect(body).toBe(plain.body);
        expect([...informational.flat(), ...head.rawHeaders]).toEqual(plain.fields);
        for (let at = 0; at < head.rawHeaders.length; at += 2) {
          validateHeaderName(head.rawHeaders[at] as string);
          validateHeaderValue(head.rawHeaders[at] as string, head.rawHeaders[at + 1] as string);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Heads up to the final one, by splitting and by one expression; throws on what is no head. */
function readPlainly(text: string): { fields: string[]; body: string } {
  const fields: string[] = [];
  let informational = false;
  let lengths = 0;
  let rest = text;
  for (;;) {
    const end = rest.indexOf("\n");
    if (end < 0) throw new Error("no empty line");
    const line = rest.slice(0, end).replace(/\r$/, "");
    rest = rest.slice(end + 1);
    if (line === "") {
      if (!informational) return { fields, body: rest };
      informational = false;
      lengths = 0;
      continue;
    }
    const [, name = "", value = ""] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line) ?? [];
    if (name === "") throw new Error(`no field: ${line}`);
    if (value === "") continue;
    if (/^status$/i.test(name)) informational = value.startsWith("103");
    else if (!/^content-length$/i.test(name) || lengths++ === 0) fields.push(name, value);
  }
}
