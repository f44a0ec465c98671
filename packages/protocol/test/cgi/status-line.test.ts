import { describe, expect, test } from "vitest";

import { decode } from "./heads.ts";

const ON = { statusLine: true };

describe("a status line where it is accepted", () => {
  test.for([
    ["HTTP/1.1 200 OK", 200, "OK"],
    ["HTTP/1.0 404 Not Found", 404, "Not Found"],
    ["HTTP/1.1 500", 500, ""],
    ["HTTP/1.1 201 ", 201, ""],
    ["HTTP/1.1 299 caf\xe9: \t!", 299, "caf\xe9: \t!"],
  ] as const)("[P86] [C33] %s, with LF and CR LF, cut anywhere", ([line, statusCode, statusText]) => {
    for (const end of ["\n", "\r\n"]) {
      const text = `${line}${end}Content-Type: a/b${end}X: y${end}${end}body`;
      for (let at = 0; at <= text.length; at++) {
        expect(decode(text, [at, at + 1], ON)).toMatchObject({
          head: { statusCode, statusText, rawHeaders: ["Content-Type", "a/b", "X", "y"], kind: "document" },
          body: "body",
        });
      }
    }
  });

  test("[P86] [C6] it counts as the Status field: alone it is a head, and a Status beside it is one too many", () => {
    expect(decode("HTTP/1.1 204 No Content\n\n", [], ON).head?.statusCode).toBe(204);
    expect(decode("HTTP/1.1 200 OK\nStatus: 200 OK\n\n", [], ON)).toMatchObject({
      code: "FCGI_ERR_BAD_RESPONSE_HEAD",
      error: expect.stringContaining("more than one"),
    });
  });

  test("[P86] [C11] a Location goes with its status", () => {
    expect(decode("HTTP/1.1 301 Moved\nLocation: /x\n\n", [], ON).head).toMatchObject({
      statusCode: 301,
      kind: "client-redirect",
      location: "/x",
    });
  });

  test("[P86] a CGI head is one as before", () => {
    expect(decode("Content-Type: a\n\nHTTP/1.1 200 OK\n", [], ON)).toMatchObject({
      head: { statusCode: 200 },
      body: "HTTP/1.1 200 OK\n",
    });
  });

  test("[P86] [TG03] Early Hints may have one, and the head behind them", () => {
    const text = "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Type: a\n\n";
    for (let at = 0; at <= text.length; at++) {
      expect(decode(text, [at], ON)).toMatchObject({ informational: [["Link", "</a>"]], head: { statusCode: 200 } });
    }
  });

  test.for([
    "X: y\nHTTP/1.1 200 OK\n\n",
    "X:\nHTTP/1.1 200 OK\n\n",
    "HTTP/1.1 200 OK\nHTTP/1.1 200 OK\n\n",
    "HTTP/1.1 100 Continue\n\n",
    "HTTP/1.1 101 Switching Protocols\n\n",
    "HTTP/1.1 600 x\n\n",
    "HTTP/1.1 20 OK\n\n",
    "HTTP/1.1 2000 OK\n\n",
    "HTTP/1.1  200 OK\n\n",
    "HTTP/1.1 200OK\n\n",
    "HTTP/11 200 OK\n\n",
    "http/1.1 200 OK\n\n",
    "HTTP/1.1 200 O\0K\n\n",
    "HTTP/1.1 200 O\rK\n\n",
    " HTTP/1.1 200 OK\n\n",
    "ICY 200 OK\n\n",
  ])("[P86] [C13] [C20] %j is none, wherever it is cut", (text) => {
    const whole = decode(text, [], ON);
    expect(whole).toMatchObject({ code: "FCGI_ERR_BAD_RESPONSE_HEAD" });
    for (let at = 0; at <= text.length; at++) expect(decode(text, [at], ON)).toEqual(whole);
  });

  test("[C22] it counts in both limits, exactly", () => {
    const text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    expect(decode(text, [], { ...ON, maxBytes: text.length, maxLines: 2 }).head?.statusCode).toBe(200);
    for (const limit of [{ maxBytes: text.length - 1 }, { maxLines: 1 }, { maxBytes: 16 }]) {
      for (let at = 0; at <= text.length; at++) {
        expect(decode(text, [at], { ...ON, ...limit }).code).toBe("FCGI_ERR_HEADERS_OVERFLOW");
      }
    }
  });
});

test("[P86] without the option it is refused, with the spelling that CGI has", () => {
  expect(decode("HTTP/1.1 200 OK\n\n").error).toContain('"Status: 200 OK"');
});
