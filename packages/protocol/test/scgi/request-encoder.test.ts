import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { staticMetaVariables } from "../../src/cgi/static-meta-variables.ts";
import { encodeNameValues } from "../../src/name-values.ts";
import { ParamList } from "../../src/param-list.ts";
import { encodeScgiHead, ScgiRequestEncoder } from "../../src/scgi/request-encoder.ts";
import { failure } from "../failure.ts";
import { strictScgi } from "../vectors/scgi.ts";
import { concat, latin1, textOf } from "../vectors/wire.ts";

describe("the head", () => {
  test("[S1] [S2] [S3] [S4] [S7] is the specification's own example", () => {
    const head = encodeScgiHead({ REQUEST_METHOD: "POST", REQUEST_URI: "/deepthought" }, 27);
    expect(textOf(head)).toBe("70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,");
    const whole = strictScgi(concat(head, latin1("What is the answer to life?")));
    expect(whole.body).toBe("What is the answer to life?");
  });

  test("[S3] CONTENT_LENGTH is there without a body, too", () => {
    expect(strictScgi(encodeScgiHead({}, 0)).headers).toEqual([
      ["CONTENT_LENGTH", "0"],
      ["SCGI", "1"],
    ]);
  });

  test("[S3] [S4] [S5] [V28] what the params say of CONTENT_LENGTH and SCGI is replaced", () => {
    const params = { A: "b", SCGI: "2", CONTENT_LENGTH: "99" };
    expect(strictScgi(encodeScgiHead(params, 0)).headers).toEqual([
      ["CONTENT_LENGTH", "0"],
      ["SCGI", "1"],
      ["A", "b"],
    ]);
  });

  test("[S5] [S6] text and bytes, few params and many, pre-encoded or not: the same head", () => {
    const names = fc.constantFrom("A", "B", "SCGI", "CONTENT_LENGTH", "A_LONGER_NAME", "C", "D");
    const text = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
    const pairs = fc.array(fc.tuple(names, text), { maxLength: 80 });
    fc.assert(
      fc.property(pairs, pairs, (before, after) => {
        const plain = new ParamList(encodeNameValues(before));
        const bytes = new ParamList();
        for (const [name, value] of before) bytes.add(name, latin1(value));
        for (const [name, value] of after) {
          plain.add(name, value);
          bytes.add(name, latin1(value));
        }
        expect(textOf(encodeScgiHead(plain, 7))).toBe(textOf(encodeScgiHead(bytes, 7)));
      }),
    );
  });

  test("[S5] of equal names the last value is sent, once, in the place of the first", () => {
    const list = new ParamList(
      encodeNameValues([
        ["A", "pre-encoded"],
        ["B", "1"],
      ]),
    );
    list.add("C", "2").add("A", "last").add("C", "3");
    expect(strictScgi(encodeScgiHead(list, 0)).headers.slice(2)).toEqual([
      ["A", "last"],
      ["B", "1"],
      ["C", "3"],
    ]);
  });

  test("[S6] the params are those of FastCGI in any form, pre-encoded ones among them", () => {
    const fixed = staticMetaVariables({ serverSoftware: "x/1", serverPort: 80 });
    const list = new ParamList(fixed.encoded).add("EMPTY", "").add("BYTES", latin1("\xff"));
    expect(strictScgi(encodeScgiHead(list, 0)).headers.slice(2)).toEqual([
      ["GATEWAY_INTERFACE", "CGI/1.1"],
      ["SERVER_SOFTWARE", "x/1"],
      ["REDIRECT_STATUS", "200"],
      ["SERVER_PORT", "80"],
      ["EMPTY", ""],
      ["BYTES", "\xff"],
    ]);
    for (const params of [new Map([["A", "b"]]), [["A", "b"]] as const, { A: "b", C: undefined }]) {
      expect(strictScgi(encodeScgiHead(params, 0)).headers.slice(2)).toEqual([["A", "b"]]);
    }
  });

  test("[S2] values are bytes: all but NUL, up to U+00FF", () => {
    const all = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join("");
    for (const value of [all, latin1(all)]) {
      expect(strictScgi(encodeScgiHead({ ALL: value, EMPTY: "" }, 0)).headers.slice(2)).toEqual([
        ["ALL", all],
        ["EMPTY", ""],
      ]);
    }
  });

  test.for<[string, [string, string | Uint8Array]]>([
    ["an empty name", ["", "x"]],
    ["a NUL in a name", ["A\0B", "x"]],
    ["a NUL in a value", ["A", "x\0y"]],
    ["a NUL in bytes", ["A", Uint8Array.of(1, 0, 2)]],
    ["a character above U+00FF in a value", ["A", "\u0100"]],
    ["a character above U+00FF in a name", ["\u20ac", "x"]],
    ["a value that is neither text nor bytes", ["A", 5 as unknown as string]],
  ])("[S2] [V27] %s is refused: it would make other headers", ([, pair]) => {
    expect(failure(() => encodeScgiHead([pair], 0)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    const list = new ParamList().add(...pair);
    expect(failure(() => encodeScgiHead(list, 0)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
  });

  test.for([-1, 1.5, Number.NaN, Infinity, 2 ** 53])(
    "[S10] a body of %d bytes is refused: its length must be known",
    (length) => {
      expect(failure(() => encodeScgiHead({}, length)).code).toBe("FCGI_ERR_INVALID_ARGUMENT");
    },
  );
});

describe("the body", () => {
  test("[S10] streams: each piece is given back as it is, and counted", () => {
    const request = new ScgiRequestEncoder({}, 10);
    const chunk = latin1("..hello....");
    expect(request.left).toBe(10);
    expect(textOf(request.body(chunk, 2, 7))).toBe("hello");
    const whole = latin1("world");
    expect(request.body(whole)).toBe(whole);
    expect(request.left).toBe(0);
    request.body(new Uint8Array(0));
    request.end();
  });

  test("[S7] [S10] [V28] more than announced is refused, and nothing of that piece counts", () => {
    const request = new ScgiRequestEncoder({}, 3);
    request.body(latin1("ab"));
    expect(failure(() => request.body(latin1("cd"))).code).toBe("FCGI_ERR_BODY_MISMATCH");
    expect(request.left).toBe(1);
    request.body(latin1("c"));
    request.end();
  });

  test("[S10] [V28] less than announced is told at the end: the application would wait for ever", () => {
    const request = new ScgiRequestEncoder({}, 3);
    request.body(latin1("ab"));
    expect(failure(() => request.end())).toMatchObject({ code: "FCGI_ERR_BODY_MISMATCH", phase: "send" });
  });
});
