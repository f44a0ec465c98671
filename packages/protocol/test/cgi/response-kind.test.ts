import { describe, expect, test } from "vitest";

import { decode, headOf } from "./heads.ts";

const BAD = "FCGI_ERR_BAD_RESPONSE_HEAD";

describe("the CGI fields", () => {
  test.each(["Content-Type: text/html", "Status: 200", "Location: /"])("[C6] %s alone is a head", (line) => {
    expect(headOf(`${line}\n\n`).statusCode).toBeGreaterThanOrEqual(200);
  });

  test.each(["X-Powered-By: PHP\n", "Content-Length: 0\n", "Content-Type:\n", "Warning: something\nNotice: else\n"])(
    "[C6] [C7] [TG19] %j has none of them: refused, not guessed at",
    (lines) => {
      const outcome = decode(`${lines}\n<script>`);
      expect(outcome.code).toBe(BAD);
      expect(outcome.error).toContain("none of Content-Type, Location and Status");
    },
  );

  test.each(["Content-Type: text/html", "Status: 200", "Location: /a"])("[C6] [TG02] %s twice is refused", (line) => {
    expect(decode(`${line}\n${line.toLowerCase()}\n\n`)).toMatchObject({ code: BAD });
    // A field without a value is no field.
    expect(decode(`${line}\n${line.replace(/:.*/, ":")}\n\n`).head).toBeDefined();
  });

  test("[C7] [V39] a document is 200, and gets no Content-Type that it did not send", () => {
    expect(headOf("Content-Type: text/html\n\n")).toEqual({
      statusCode: 200,
      statusText: "OK",
      rawHeaders: ["Content-Type", "text/html"],
      kind: "document",
      location: undefined,
      contentLength: undefined,
    });
    expect(headOf("Status: 200\n\n").rawHeaders).toEqual([]);
  });
});

describe("Status", () => {
  test.each([
    ["200 OK", 200, "OK"],
    ["404", 404, ""],
    ["404 ", 404, ""],
    ["404  Not  Here ", 404, "Not  Here"],
    ["599 \xe9", 599, "\xe9"],
    ["404  \xa0voil\xc3\xa0 \t", 404, "\xa0voil\xc3\xa0"],
    ["200 200", 200, "200"],
  ])("[C12] [TG02] %j is %d and %j", (value, statusCode, statusText) => {
    expect(headOf(`Status: ${value}\n\n`)).toMatchObject({ statusCode, statusText, kind: "document" });
    expect(headOf(`Status:${value}\nX: y\n\n`)).toMatchObject({ statusCode, statusText, rawHeaders: ["X", "y"] });
  });

  test.each([
    "abc",
    "0",
    "99",
    "1000",
    "2000",
    "20",
    "20x",
    "2e2",
    "+20",
    "-200",
    "0x1",
    "200OK",
    "200\tOK",
    "000",
    "600",
    "999",
    " 20 0",
    "٢٠٠",
    "²00",
  ])("[C12] [C13] [TG02] %j is no status", (value) => {
    expect(decode(`Status: ${value}\nContent-Type: a\n\n`)).toMatchObject({ code: BAD });
  });

  test("[C12] [TG03] each 1xx but 103 is refused, also with Upgrade", () => {
    for (let status = 100; status < 200; status++) {
      if (status === 103) continue;
      const outcome = decode(`Status: ${status} X\nUpgrade: websocket\nConnection: upgrade\n\nStatus: 200\n\n`);
      expect(outcome).toMatchObject({ code: BAD, informational: [] });
      expect(outcome.error).toContain(`status ${status}`);
    }
  });
});

describe("Status 103", () => {
  test("[TG03] comes before the final head, any number of times", () => {
    const text =
      "Status: 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" +
      "Status: 103\nLink: </b.css>\nLink: </c.css>\n\nStatus: 404\nContent-Type: a\n\nbody";
    const whole = decode(text);
    expect(whole).toMatchObject({ head: { statusCode: 404, rawHeaders: ["Content-Type", "a"] }, body: "body" });
    expect(whole.informational).toEqual([
      ["Link", "</a.css>; rel=preload"],
      ["Link", "</b.css>", "Link", "</c.css>"],
    ]);
    for (let cut = 0; cut <= text.length; cut++) expect(decode(text, [cut])).toEqual(whole);
  });

  test("[C24] is not an answer", () => {
    expect(decode("Status: 103\n\n")).toMatchObject({ code: BAD, informational: [[]] });
    expect(decode("Status: 103\n\n\nbody")).toMatchObject({ code: BAD });
  });
});

describe("Location", () => {
  test.each(["/", "/path", "/path?query=1&b", "/a%20b;c=~'()*!$,:@", '/"'])(
    "[C8] [TG12] %s alone is a local redirect",
    (location) => {
      expect(headOf(`Location: ${location}\n\n`)).toEqual({
        statusCode: 302,
        statusText: "Found",
        rawHeaders: ["Location", location],
        kind: "local-redirect",
        location,
        contentLength: undefined,
      });
      expect(headOf(`location:${location}\r\nX-Empty:\r\n\r\n`).kind).toBe("local-redirect");
    },
  );

  test.each([
    "http://example.org/",
    "//evil.example/x",
    "/\\evil.example/x",
    "javascript:alert(1)",
    "relative",
    "?query",
    "/path#fragment",
    "/with space",
    "/caf\xc3\xa9",
    "/tab\there",
  ])("[C8] [C9] [V45] [TG12] %s is for the client: 302", (location) => {
    expect(headOf(`Location: ${location}\n\n`)).toMatchObject({
      statusCode: 302,
      statusText: "Found",
      kind: "client-redirect",
      location,
    });
  });

  test.each(["Content-Type: a", "X-Powered-By: PHP", "Set-Cookie: a", "Content-Length: 0"])(
    "[C8] [C10] a path with %s beside it is for the client: 302",
    (line) => {
      for (const text of [`Location: /x\n${line}\n\n`, `${line}\nLocation: /x\n\n`]) {
        expect(headOf(text)).toMatchObject({ statusCode: 302, kind: "client-redirect", location: "/x" });
      }
    },
  );

  test.each([301, 302, 303, 307, 308])("[C10] with Status %d it is a redirect for the client", (status) => {
    for (const text of [`Status: ${status} X\nLocation: /x\n\n`, `Location: /x\nStatus: ${status} X\n\n`]) {
      expect(headOf(text)).toMatchObject({
        statusCode: status,
        statusText: "X",
        kind: "client-redirect",
        location: "/x",
      });
    }
  });

  test.each([200, 201, 404, 500])("[C11] with Status %d the Status wins, and it is a document", (status) => {
    expect(headOf(`Location: /x\nStatus: ${status}\n\n`)).toMatchObject({
      statusCode: status,
      kind: "document",
      location: "/x",
      rawHeaders: ["Location", "/x"],
    });
  });
});

describe("Content-Length", () => {
  test("[C16] is told as a number", () => {
    expect(headOf("Status: 200\ncontent-LENGTH: 1024\n\n")).toMatchObject({
      contentLength: 1024,
      rawHeaders: ["content-LENGTH", "1024"],
    });
    expect(headOf("Status: 200\nContent-Length: 0\n\n").contentLength).toBe(0);
  });

  test("[C17] [TG04] equal ones become the first", () => {
    expect(headOf("Status: 200\nContent-Length: 5\nX: y\ncontent-length: 5\nContent-Length: 05\n\n")).toMatchObject({
      contentLength: 5,
      rawHeaders: ["Content-Length", "5", "X", "y"],
    });
  });

  test.each([
    "5\nContent-Length: 6",
    "0\nContent-Length: 00\nContent-Length: 1",
    "5, 5",
    "5,6",
    "abc",
    "-1",
    "+5",
    "5 5",
    "0x5",
    "1e3",
    "5.0",
    "9007199254740992",
  ])("[C17] [TG04] %j is refused", (value) => {
    expect(decode(`Status: 200\nContent-Length: ${value}\n\n`)).toMatchObject({ code: BAD });
  });
});
