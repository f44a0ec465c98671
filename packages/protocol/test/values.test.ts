import { expect, test } from "vitest";

import { decodeNameValues, encodeNameValues } from "../src/name-values.ts";
import { readCapabilities } from "../src/values.ts";

function capabilities(values: Record<string, string>): ReturnType<typeof readCapabilities> {
  return readCapabilities(decodeNameValues(encodeNameValues(values)));
}

test("[P50] numbers are decimal text, multiplexing is 0 or 1", () => {
  expect(capabilities({ FCGI_MAX_CONNS: "10", FCGI_MAX_REQS: "50", FCGI_MPXS_CONNS: "1" })).toEqual({
    maxConns: 10,
    maxReqs: 50,
    multiplexes: true,
  });
  expect(capabilities({ FCGI_MPXS_CONNS: "0" })).toEqual({
    maxConns: undefined,
    maxReqs: undefined,
    multiplexes: false,
  });
});

test.for(["0", "-1", "abc", "", "1e9", "+1", " 1", "1.5", "0x10", "99999999999999999999", "1\u0080"])(
  "[TF14] a number %j counts as unsaid",
  (text) => {
    expect(capabilities({ FCGI_MAX_CONNS: text, FCGI_MAX_REQS: text })).toEqual({
      maxConns: undefined,
      maxReqs: undefined,
      multiplexes: false,
    });
  },
);

test.for(["2", "", "yes", "true", "01", "1 "])("[TF14] FCGI_MPXS_CONNS %j is not multiplexing", (text) => {
  expect(capabilities({ FCGI_MPXS_CONNS: text }).multiplexes).toBe(false);
});

test("[P57] [P58] an application that does not know GET_VALUES does not multiplex", () => {
  expect(readCapabilities(undefined)).toEqual({ maxConns: undefined, maxReqs: undefined, multiplexes: false });
});

test("[P54] names that nobody asked for are ignored", () => {
  expect(capabilities({ FCGI_MPXS_CONNS: "1", FCGI_NEW: "x", toString: "y" }).multiplexes).toBe(true);
});
