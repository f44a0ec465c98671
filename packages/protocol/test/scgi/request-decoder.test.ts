import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { toRequestHead } from "../../src/cgi/request-head.ts";
import { FastCGIError } from "../../src/errors.ts";
import { ScgiRequestDecoder } from "../../src/scgi/request-decoder.ts";
import { countAllocations } from "../counting.ts";
import { failure } from "../failure.ts";
import { netstring, scgiRequest } from "../vectors/scgi.ts";
import { concat, cut, latin1, textOf } from "../vectors/wire.ts";
import { Received } from "./received.ts";

const EXAMPLE = latin1(
  "70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,What is the answer to life?",
);

describe("a request", () => {
  test("[S1] [S2] [S7] the specification's own example, cut at each byte", () => {
    for (let at = 0; at <= EXAMPLE.length; at++) {
      const received = new Received().push(EXAMPLE.subarray(0, at), EXAMPLE.subarray(at));
      expect(received.params!.toObject()).toEqual({
        CONTENT_LENGTH: "27",
        SCGI: "1",
        REQUEST_METHOD: "POST",
        REQUEST_URI: "/deepthought",
      });
      expect([received.contentLength, received.body]).toEqual([27, "What is the answer to life?"]);
      expect([received.told, received.decoder.complete]).toEqual([["request", "body", "end"], true]);
    }
  });

  test("[S1] [S10] byte by byte; headers are told when the comma has come, the body as it comes", () => {
    const received = new Received();
    for (let at = 0; at < EXAMPLE.length; at++) {
      received.push(EXAMPLE.subarray(at, at + 1));
      expect(received.params === undefined).toBe(at < 73);
      expect(received.body).toHaveLength(Math.max(0, at - 73));
    }
    received.decoder.end();
    expect(received.told).toEqual(["request", "body", "end"]);
  });

  test("[S3] [S10] without a body it is complete at the comma: no half-close is waited for", () => {
    const received = new Received().push(scgiRequest({ REQUEST_METHOD: "GET" }));
    expect([received.told, received.contentLength, received.decoder.complete]).toEqual([["request", "end"], 0, true]);
  });

  test("[S6] the variables are those of CGI", () => {
    const { params } = new Received().push(
      scgiRequest({
        REQUEST_METHOD: "GET",
        REQUEST_URI: "/a?b",
        HTTP_HOST: "h",
        HTTP_X_A: "1",
        SERVER_PROTOCOL: "HTTP/1.1",
      }),
    );
    expect(toRequestHead(params!)).toMatchObject({ method: "GET", url: "/a?b", host: "h", contentLength: 0 });
  });

  test("[S2] values are bytes, and may be empty; names too can be anything", () => {
    const all = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join("");
    const { params } = new Received().push(scgiRequest({ EMPTY: "", ALL: all, __proto__x: "y", ["__proto__"]: "z" }));
    expect([params!.get("EMPTY"), params!.get("ALL"), params!.get("__proto__")]).toEqual(["", all, "z"]);
    expect(textOf(params!.getBytes("ALL")!)).toBe(all);
  });

  test("[S4] SCGI may stand anywhere behind CONTENT_LENGTH", () => {
    const list = netstring([
      ["CONTENT_LENGTH", "0"],
      ["A", "b"],
      ["SCGI", "1"],
    ]);
    expect(new Received().push(list).params!.get("A")).toBe("b");
  });

  test("[S10] ranges of a chunk; the body is not copied", () => {
    const chunk = concat(latin1("junk"), EXAMPLE, latin1("junk"));
    const bodies: Uint8Array[] = [];
    const decoder = new ScgiRequestDecoder({
      onRequest() {},
      onBody: (bytes) => bodies.push(bytes),
      onBodyEnd() {},
    });
    decoder.push(chunk, 4, chunk.length - 4);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toBe(chunk);
    expect(decoder.complete).toBe(true);
  });
});

describe("what is no request", () => {
  const SCGI = ["SCGI", "1"] as const;
  const NONE = ["CONTENT_LENGTH", "0"] as const;

  test.for<[string, Uint8Array, string]>([
    ["[S1] a length with a leading zero", latin1("024:CONTENT_LENGTH\x000\0SCGI\x001\0,"), "FCGI_ERR_BAD_RECORD"],
    ["[S1] a length with a sign", latin1("+24:CONTENT_LENGTH"), "FCGI_ERR_BAD_RECORD"],
    ["[S1] no length", latin1(":CONTENT_LENGTH"), "FCGI_ERR_BAD_RECORD"],
    ["[S1] a space in the length", latin1("24 :CONTENT_LENGTH"), "FCGI_ERR_BAD_RECORD"],
    ["[S1] an HTTP request", latin1("GET / HTTP/1.1\r\n"), "FCGI_ERR_BAD_RECORD"],
    ["[S1] a FastCGI record", Uint8Array.of(1, 1, 0, 1, 0, 8, 0, 0), "FCGI_ERR_BAD_RECORD"],
    ["[S7] no comma", latin1("24:CONTENT_LENGTH\x000\0SCGI\x001\0;"), "FCGI_ERR_BAD_RECORD"],
    ["[S2] a list that does not end in NUL", latin1("24:CONTENT_LENGTH\x000\0SCGI\x0011,"), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S2] a name without a value", latin1("22:CONTENT_LENGTH\x000\0SCGI\0,"), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S2] an empty name", netstring([NONE, SCGI, ["", "x"]]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S3] no header at all", latin1("0:,"), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S3] no CONTENT_LENGTH", netstring([SCGI]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S3] CONTENT_LENGTH is not the first one", netstring([SCGI, NONE]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S3] an empty CONTENT_LENGTH", netstring([["CONTENT_LENGTH", ""], SCGI]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S3] a negative CONTENT_LENGTH", netstring([["CONTENT_LENGTH", "-1"], SCGI]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S3] a hexadecimal CONTENT_LENGTH", netstring([["CONTENT_LENGTH", "0x5"], SCGI]), "FCGI_ERR_BAD_NAME_VALUES"],
    [
      "[S3] a CONTENT_LENGTH of 2^64",
      netstring([["CONTENT_LENGTH", "18446744073709551616"], SCGI]),
      "FCGI_ERR_BAD_NAME_VALUES",
    ],
    ["[S4] no SCGI", netstring([NONE, ["A", "b"]]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S4] SCGI of another version", netstring([NONE, ["SCGI", "2"]]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S5] a name twice", netstring([NONE, SCGI, ["A", "b"], ["A", "b"]]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S5] [V28] CONTENT_LENGTH twice", netstring([NONE, SCGI, ["CONTENT_LENGTH", "5"]]), "FCGI_ERR_BAD_NAME_VALUES"],
    ["[S8] bytes behind a request without a body", concat(scgiRequest({}), latin1("x")), "FCGI_ERR_BODY_MISMATCH"],
    ["[S7] [S8] bytes behind the body", concat(EXAMPLE, EXAMPLE), "FCGI_ERR_BODY_MISMATCH"],
  ])("%s: refused, wherever it is cut", ([, bytes, code]) => {
    for (const sizes of [[], [1], [7, 3]]) {
      const received = new Received();
      const error = failure(() => received.push(...cut(bytes, sizes)));
      expect(error.code).toBe(code);
      expect(failure(() => received.push(latin1("1"))).code).toBe("FCGI_ERR_CLOSED");
    }
  });

  test("[S1] [S8] the end at each byte before the last is a truncation", () => {
    for (let at = 0; at <= EXAMPLE.length; at++) {
      const received = new Received().push(EXAMPLE.subarray(0, at));
      const end = (): void => received.decoder.end();
      if (at === EXAMPLE.length) end();
      else expect(failure(end).code).toBe("FCGI_ERR_TRUNCATED");
    }
  });

  test("what a handler throws comes out, and the decoder takes no more", () => {
    const mine = new TypeError("mine");
    const decoder = new ScgiRequestDecoder({
      onRequest() {
        throw mine;
      },
      onBody() {},
      onBodyEnd() {},
    });
    expect(() => decoder.push(EXAMPLE)).toThrow(mine);
    expect(failure(() => decoder.push(EXAMPLE)).code).toBe("FCGI_ERR_CLOSED");
  });
});

describe("limits", () => {
  test("[S1] [V13] a length over the limit is refused digit by digit, before anything is allocated", () => {
    const received = new Received();
    received.push(latin1("262144"));
    expect(failure(() => received.push(latin1("0"))).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    for (const digits of ["262145", "99999999999999999999999", "9".repeat(100_000)]) {
      expect(failure(() => new Received().push(latin1(digits))).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    }
    const decoder = new ScgiRequestDecoder({ onRequest() {}, onBody() {}, onBodyEnd() {} });
    const start = latin1("262144:CONTENT_LENGTH");
    expect(countAllocations(() => decoder.push(start)).bytes).toBeLessThan(1_000);
  });

  test("[S1] [P42] the limit of bytes is exact", () => {
    const list = netstring([
      ["CONTENT_LENGTH", "0"],
      ["SCGI", "1"],
      ["A", "x".repeat(73)],
    ]);
    expect(list).toHaveLength("100:".length + 100 + 1);
    expect(new Received({ maxParamsBytes: 100 }).push(list).params!.size).toBe(3);
    expect(failure(() => new Received({ maxParamsBytes: 99 }).push(list)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
  });

  test("[P42] so are those of headers, and of one header", () => {
    const request = scgiRequest({ A: "1", B: "x".repeat(47) });
    expect(new Received({ maxParams: 4, maxParamBytes: 50 }).push(request).params!.size).toBe(4);
    expect(failure(() => new Received({ maxParams: 3 }).push(request)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    expect(failure(() => new Received({ maxParamBytes: 49 }).push(request)).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
  });

  test("[P42] the defaults are 256 KiB, 1000 headers, 65,535 bytes a header", () => {
    const many = Object.fromEntries(Array.from({ length: 998 }, (_, index) => [`N${index}`, ""]));
    expect(new Received().push(scgiRequest(many)).params!.size).toBe(1_000);
    expect(failure(() => new Received().push(scgiRequest({ ...many, ONE: "" }))).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
    const most = "x".repeat(65_535 - "A\0\0".length);
    expect(new Received().push(scgiRequest({ A: most, B: most, C: most })).params!.size).toBe(5);
    expect(failure(() => new Received().push(scgiRequest({ A: `${most}x` }))).code).toBe("FCGI_ERR_PARAMS_OVERFLOW");
  });

  test.for(["maxParamsBytes", "maxParams", "maxParamBytes"])("%s must be a positive integer", (name) => {
    for (const value of [0, -1, 1.5, Number.NaN]) {
      expect(failure(() => new Received({ [name]: value })).message).toContain(name);
    }
  });
});

test("[V14] [S1] any damage, any cuts: one result, and no error but ours", () => {
  const outcome = (bytes: Uint8Array, sizes: readonly number[]): unknown => {
    const received = new Received({ maxParamsBytes: 500, maxParams: 6 });
    let code: string | undefined;
    try {
      received.push(...cut(bytes, sizes));
      received.decoder.end();
    } catch (error) {
      if (!(error instanceof FastCGIError)) throw error;
      code = `${error.code} ${error.message}`;
    }
    const { params, body, told } = received;
    return { code, params: params?.toObject(), body, told };
  };
  const results = { taken: 0, refused: 0 };
  const place = fc.nat(200);
  const damage = fc.oneof(
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 4, arbitrary: fc.tuple(place, fc.constantFrom(0, 0x2c, 0x30, 0x31, 0x39, 0x3a, 0x41, 0xff)) },
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("A", "B", "REQUEST_METHOD"), fc.string({ unit: "binary-ascii", maxLength: 5 })),
      fc.string({ unit: "binary-ascii", maxLength: 30 }),
      damage,
      fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
      (headers, body, change, sizes) => {
        const bytes = scgiRequest(headers, body);
        if (change !== undefined) bytes[change[0] % bytes.length] = change[1];
        const whole = outcome(bytes, []) as { code?: string };
        expect(outcome(bytes, sizes)).toEqual(whole);
        if (whole.code === undefined) results.taken++;
        else results.refused++;
      },
    ),
    { numRuns: 1_500 },
  );
  expect(results.taken).toBeGreaterThan(100);
  expect(results.refused).toBeGreaterThan(100);
});
