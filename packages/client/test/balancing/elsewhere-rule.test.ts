import { expect, test } from "vitest";

import { blamesPeer, mayTryElsewhere } from "../../src/balancing/elsewhere-rule.ts";
import type { FailedTry } from "../../src/balancing/elsewhere-rule.ts";

const refused: FailedTry = {
  code: "FCGI_ERR_CONNECT",
  answered: false,
  bodyKept: true,
  idempotent: false,
  reused: false,
  started: false,
  lostBefore: false,
  elapsed: 0,
  connectTimeout: 2_000,
};
const closed: FailedTry = { ...refused, code: "FCGI_ERR_SOCKET", idempotent: true, started: true, reused: true };

test.for<{ what: string; failed: FailedTry; expected: boolean }>([
  { what: "no connection, any request", failed: refused, expected: true },
  { what: "no connection in time", failed: { ...refused, code: "FCGI_ERR_CONNECT_TIMEOUT" }, expected: true },
  { what: "no place in its queue", failed: { ...refused, code: "FCGI_ERR_QUEUE_FULL" }, expected: true },
  { what: "a body that is partly sent", failed: { ...refused, bodyKept: false }, expected: false },
  { what: "it has taken too long already", failed: { ...refused, elapsed: 2_001 }, expected: false },
  { what: "any time will do", failed: { ...refused, elapsed: 9e9, connectTimeout: 0 }, expected: true },
  { what: "[f18] OVERLOADED", failed: { ...refused, code: "FCGI_ERR_OVERLOADED" }, expected: true },
  {
    what: "OVERLOADED after output",
    failed: { ...refused, code: "FCGI_ERR_OVERLOADED", answered: true },
    expected: false,
  },
  { what: "CANT_MPX_CONN", failed: { ...refused, code: "FCGI_ERR_CANT_MULTIPLEX" }, expected: true },
  { what: "UNKNOWN_ROLE", failed: { ...refused, code: "FCGI_ERR_UNKNOWN_ROLE" }, expected: false },
  { what: "a kept connection closed, idempotent", failed: closed, expected: true },
  { what: "a kept connection closed, a POST", failed: { ...closed, idempotent: false }, expected: false },
  { what: "[f01] a fresh connection closed", failed: { ...closed, reused: false }, expected: true },
  {
    what: "[f01] a fresh connection closed, a POST",
    failed: { ...refused, code: "FCGI_ERR_SOCKET", started: true },
    expected: false,
  },
  { what: "[f01] the peer dies after a long time", failed: { ...closed, reused: false, elapsed: 9e9 }, expected: true },
  {
    what: "[f01] a second peer closes a fresh connection",
    failed: { ...closed, reused: false, lostBefore: true },
    expected: false,
  },
  {
    what: "[f01] the peer dies, and is gone when it is tried again there",
    failed: { ...closed, code: "FCGI_ERR_CONNECT", elapsed: 9e9 },
    expected: true,
  },
  { what: "a second peer closes a kept connection", failed: { ...closed, lostBefore: true }, expected: true },
  { what: "a byte of the answer came", failed: { ...closed, answered: true }, expected: false },
  { what: "silence", failed: { ...closed, code: "FCGI_ERR_HEADERS_TIMEOUT" }, expected: false },
])("[Q3] $what: $expected", ({ failed, expected }) => {
  expect(mayTryElsewhere(failed)).toBe(expected);
});

test("[Q9] who is to blame", () => {
  for (const code of [
    "FCGI_ERR_CONNECT",
    "FCGI_ERR_HEADERS_TIMEOUT",
    "FCGI_ERR_SOCKET",
    "FCGI_ERR_BAD_VERSION",
  ] as const) {
    expect(blamesPeer(code)).toBe(true);
  }
  for (const code of ["FCGI_ERR_ABORTED", "FCGI_ERR_TIMEOUT", "FCGI_ERR_BAD_RESPONSE_HEAD"] as const) {
    expect(blamesPeer(code)).toBe(false);
  }
});
