import { describe, expect, test } from "vitest";

import type { GatewayRequest } from "../../src/gateway-request.ts";
import { Refusal } from "../../src/http/refusal.ts";
import { type RequestHead, checkHead } from "../../src/http/request-head.ts";

const limits = { headerBytes: 16_384, headerLines: 100, target: 8_192, body: 1_000 };

interface Given {
  method?: string;
  target?: string;
  version?: string;
  headers?: string[];
  host?: string | false;
}

function check(given: Given): RequestHead | Refusal {
  const host = given.host ?? "a.example";
  const rawHeaders = host === false ? [] : ["Host", host];
  const endpoint = { address: "127.0.0.1", port: 80 };
  const request: GatewayRequest = {
    method: given.method ?? "GET",
    target: given.target ?? "/",
    rawHeaders: [...rawHeaders, ...(given.headers ?? [])],
    scheme: "http",
    httpVersion: given.version ?? "1.1",
    remote: endpoint,
    local: endpoint,
    body: { start: () => {}, pause: () => {}, resume: () => {} },
    onAbort: undefined,
  };
  return checkHead(request, limits);
}

describe("refused", () => {
  test.each<[string, Given, number]>([
    ["[TC01] two Host lines", { headers: ["host", "a.example"] }, 400],
    ["[TC02] a malformed Host", { host: "a/b" }, 400],
    ["[TC02] an empty Host", { host: "" }, 400],
    ["no Host in HTTP/1.1", { host: false }, 400],
    ["[TC03] a target of another server", { target: "http://b.example/p" }, 400],
    ["[TC03] a target of another port", { target: "http://a.example:81/p" }, 400],
    ["a target of another scheme", { target: "https://a.example/p" }, 400],
    ["[TC07] * with GET", { target: "*" }, 400],
    ["[TA25] CONNECT", { method: "CONNECT", target: "a:80" }, 405],
    ["[TA26] TRACE", { method: "TRACE" }, 405],
    ["[TA26] TRACK", { method: "TRACK" }, 405],
    ["[TA27] another version", { version: "1.2" }, 505],
    ["[TA08] ,chunked", { headers: ["Transfer-Encoding", ",chunked"] }, 400],
    ["[TA09] gzip, chunked", { headers: ["Transfer-Encoding", "gzip, chunked"] }, 501],
    ["[TA07] chunked, chunked", { headers: ["Transfer-Encoding", "chunked, chunked"] }, 400],
    ["[TA07] identity", { headers: ["Transfer-Encoding", "identity"] }, 400],
    ["[TA07] two lines", { headers: ["Transfer-Encoding", "chunked", "transfer-encoding", "chunked"] }, 400],
    ["[TA07] a parameter", { headers: ["Transfer-Encoding", "chunked;q=1"] }, 400],
    ["[TA11] an empty coding", { headers: ["Transfer-Encoding", "", "Content-Length", "1"] }, 400],
    ["[TA01] both lengths", { headers: ["Transfer-Encoding", "chunked", "Content-Length", "6"] }, 400],
    ["[TA10] chunked in HTTP/1.0", { version: "1.0", headers: ["Transfer-Encoding", "chunked"] }, 400],
    ["[TA02] two lengths", { headers: ["Content-Length", "1", "Content-Length", "1"] }, 400],
    ["[TA03] +1", { headers: ["Content-Length", "+1"] }, 400],
    ["[TA03] 0x1", { headers: ["Content-Length", "0x1"] }, 400],
    ["[TA03] empty", { headers: ["Content-Length", ""] }, 400],
    ["[TA05] 2^53+1", { headers: ["Content-Length", "9007199254740993"] }, 413],
    ["[TA03] 2^64", { headers: ["Content-Length", "18446744073709551616"] }, 413],
    ["one byte over the limit", { headers: ["Content-Length", "1001"] }, 413],
    ["[TA22] an unknown expectation", { headers: ["Expect", "x"] }, 417],
    ["[TA22] two expectations", { headers: ["Expect", "100-continue, x"] }, 417],
    ["[TE13] two Content-Type", { headers: ["Content-Type", "a/b", "content-TYPE", "a/b"] }, 400],
    ["[TE13] two Authorization", { headers: ["Authorization", "a", "AUTHORIZATION", "b"] }, 400],
    ["[TE13] two If-Modified-Since", { headers: ["If-Modified-Since", "a", "If-Modified-Since", "a"] }, 400],
    ["[TA29] a target over the limit", { target: `/${"x".repeat(8_192)}` }, 414],
    ["[TA29] 101 header lines", { headers: Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? "X" : "")) }, 431],
    [
      "[TA30] 150 lines, of which the last is Host",
      { headers: Array.from({ length: 300 }, (_, at) => (at === 298 ? "Host" : at % 2 === 0 ? "X" : "a")) },
      431,
    ],
    [
      "[TA30] 150 lines, of which the last is X-Forwarded-For",
      { headers: Array.from({ length: 300 }, (_, at) => (at === 298 ? "X-Forwarded-For" : at % 2 === 0 ? "X" : "a")) },
      431,
    ],
    ["[TA29] header bytes over the limit", { host: "a", headers: ["X", "x".repeat(16_384 - 9 - 5 + 1)] }, 431],
  ])("%s", (_title, given, status) => {
    expect(check(given)).toMatchObject({ status });
    expect(check(given)).toBeInstanceOf(Refusal);
  });
});

describe("accepted", () => {
  test.each<[string, Given, Partial<RequestHead>]>([
    ["a GET", {}, { contentLength: 0, expectsContinue: false, host: { name: "a.example", port: undefined } }],
    ["HTTP/1.0 without Host", { version: "1.0", host: false }, { host: undefined }],
    [
      "[TC03] a target of the same server",
      { target: "http://A.EXAMPLE:80/p" },
      { host: { name: "a.example", port: undefined } },
    ],
    [
      "the Host of a target",
      { target: "http://a.example:80/p", host: false, version: "1.0" },
      { host: { name: "a.example", port: 80 } },
    ],
    ["OPTIONS *", { method: "OPTIONS", target: "*" }, {}],
    ["a body", { headers: ["Content-Length", "1000"] }, { contentLength: 1_000 }],
    ["[TA04] 01", { headers: ["Content-Length", "01"] }, { contentLength: 1 }],
    ["chunked", { headers: ["Transfer-Encoding", "Chunked"] }, { contentLength: undefined }],
    ["[TA22] 100-continue", { headers: ["Expect", "100-Continue", "Content-Length", "5"] }, { expectsContinue: true }],
    ["100-continue without a body", { headers: ["Expect", "100-continue"] }, { expectsContinue: false }],
    [
      "[TA22] Expect in HTTP/1.0",
      { version: "1.0", headers: ["Expect", "x", "Content-Length", "5"] },
      { expectsContinue: false },
    ],
    [
      "repeated lists",
      {
        headers: [
          "Accept",
          "a",
          "Accept",
          "b",
          "If-None-Match",
          "a",
          "If-None-Match",
          "b",
          "Cookie",
          "a",
          "Cookie",
          "b",
        ],
      },
      {},
    ],
    ["[TA29] the longest target", { target: `/${"x".repeat(8_191)}` }, {}],
    ["[TA29] 100 header lines", { headers: Array.from({ length: 198 }, (_, at) => (at % 2 === 0 ? "X" : "")) }, {}],
    ["[TA29] the most header bytes", { host: "a", headers: ["X", "x".repeat(16_384 - 9 - 5)] }, {}],
    ["HTTP/2 without a length", { version: "2.0" }, { contentLength: undefined }],
  ])("%s", (_title, given, expected) => {
    expect(check(given)).toMatchObject(expected);
    expect(check(given)).not.toBeInstanceOf(Refusal);
  });
});
