import { expect, test } from "vitest";

import { mayRepeat } from "../src/repeat-rule.ts";
import type { FailedAttempt } from "../src/repeat-rule.ts";

const CLOSED: FailedAttempt = {
  repeated: false,
  answered: false,
  bodyKept: true,
  unsent: false,
  reused: true,
  multiplexed: false,
  idempotent: true,
  protocolStatus: 0,
  code: "FCGI_ERR_SOCKET",
};
const REFUSED: FailedAttempt = { ...CLOSED, idempotent: false, multiplexed: true, protocolStatus: 1, code: undefined };

test.for<[string, Partial<FailedAttempt>, boolean]>([
  ["idempotent on a kept connection", {}, true],
  ["not idempotent", { idempotent: false }, false],
  ["on a connection of its own", { reused: false }, false],
  ["answered", { answered: true }, false],
  ["a body that is gone", { bodyKept: false }, false],
  ["repeated before", { repeated: true }, false],
  ["nothing sent, whatever it is", { unsent: true, idempotent: false, reused: false }, true],
  ["nothing sent, but repeated before", { unsent: true, repeated: true }, false],
  ["a timeout", { code: "FCGI_ERR_HEADERS_TIMEOUT" }, false],
  ["a broken protocol", { code: "FCGI_ERR_BAD_RECORD" }, false],
  ["cut inside a record", { code: "FCGI_ERR_TRUNCATED" }, false],
  ["destroyed", { code: "FCGI_ERR_DESTROYED" }, false],
])("[Q3] closed, %s", ([, difference, expected]) => {
  expect(mayRepeat({ ...CLOSED, ...difference })).toBe(expected);
});

test.for<[string, Partial<FailedAttempt>, boolean]>([
  ["on a shared connection", {}, true],
  ["on one of its own", { multiplexed: false }, false],
  ["answered", { answered: true }, false],
  ["a body that is gone", { bodyKept: false }, false],
  ["repeated before", { repeated: true }, false],
  ["overloaded", { protocolStatus: 2 }, false],
])("[Q3] [f17] refused, %s", ([, difference, expected]) => {
  expect(mayRepeat({ ...REFUSED, ...difference })).toBe(expected);
});
