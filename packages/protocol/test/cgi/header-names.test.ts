import fc from "fast-check";
import { expect, test, vi } from "vitest";

import { headerToParam, paramToHeader } from "../../src/cgi/header-names.ts";

test.each([
  ["Accept", "HTTP_ACCEPT", "accept"],
  ["X-Forwarded-For", "HTTP_X_FORWARDED_FOR", "x-forwarded-for"],
  ["x-forwarded-for", "HTTP_X_FORWARDED_FOR", "x-forwarded-for"],
  ["Host", "HTTP_HOST", "host"],
  ["Authorization", "HTTP_AUTHORIZATION", "authorization"],
  ["1-2", "HTTP_1_2", "1-2"],
  ["-", "HTTP__", "-"],
  ["Traceparent", "HTTP_TRACEPARENT", "traceparent"],
])("[C30] [TE08] %s is %s", (name, variable, header) => {
  expect(headerToParam(name)).toBe(variable);
  expect(paramToHeader(variable)).toBe(header);
});

test.each([
  "X_Forwarded_For",
  "X-Forwarded_For",
  "Transfer_Encoding",
  "Remote.User",
  "X[y",
  "X!y",
  "X Y",
  "X\xe9",
  "\u0130d",
  "\u212aey",
  "",
  "X:Y",
  "X\n",
  ":authority",
])("[TE01] [TE02] [V23] %j has no variable: it could be taken for another header", (name) => {
  expect(headerToParam(name)).toBeUndefined();
});

test.each(["Proxy", "PROXY", "proxy"])("[TE04] [V22] %s has no variable", (name) => {
  expect(headerToParam(name)).toBeUndefined();
});

test.each(["Redirect-Status", "Https", "Content-Type", "content-length"])("[TE05] [V24] %s has no variable", (name) => {
  expect(headerToParam(name)).toBeUndefined();
});

test.each([
  "TE",
  "Trailer",
  "Keep-Alive",
  "Upgrade",
  "Proxy-Connection",
  "Proxy-Authorization",
  "HTTP2-Settings",
  "Connection",
  "Transfer-Encoding",
])("[TE07] %s has no variable", (name) => {
  expect(headerToParam(name)).toBeUndefined();
  expect(paramToHeader(`HTTP_${name.toUpperCase().replaceAll("-", "_")}`)).toBeUndefined();
});

test.each(["PHP_VALUE", "SCRIPT_FILENAME", "REQUEST_BODY_FILE"])(
  "[TE20] [V25] a header called %s has no variable",
  (name) => {
    expect(headerToParam(name)).toBeUndefined();
    expect(headerToParam(name.replaceAll("_", "-"))).toBe(`HTTP_${name}`);
  },
);

test("the two that are not called HTTP_ are headers all the same", () => {
  expect(paramToHeader("CONTENT_TYPE")).toBe("content-type");
  expect(paramToHeader("CONTENT_LENGTH")).toBe("content-length");
});

test.each([
  "HTTP_PROXY",
  "HTTP_CONTENT_TYPE",
  "HTTP_CONTENT_LENGTH",
  "HTTP_",
  "HTTP_a",
  "HTTP_X-A",
  "HTTPS",
  "http_accept",
  "SCRIPT_NAME",
  "",
  "HTTP_X\n",
  "__proto__",
])("[TE04] [V22] the variable %j is no header", (variable) => {
  expect(paramToHeader(variable)).toBeUndefined();
  // The second answer comes from the cache.
  expect(paramToHeader(variable)).toBeUndefined();
});

test("[TE03] [V23] a variable says which header it was: two share one only if they are equal but for case", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "A", "-", "_", ".", "1", "\xe9"), maxLength: 5 });
  fc.assert(
    fc.property(name, name, (one, other) => {
      const variable = headerToParam(one);
      if (variable === undefined) return;
      expect(variable).toMatch(/^HTTP_[A-Z0-9_]+$/);
      expect(paramToHeader(variable)).toBe(one.toLowerCase());
      if (variable === headerToParam(other)) expect(one.toLowerCase()).toBe(other.toLowerCase());
    }),
  );
});

test("[TE19] the answer is the same after ten thousand other names, which are not all kept", () => {
  const emptied = vi.spyOn(Map.prototype, "clear");
  for (let index = 0; index < 10_000; index++) {
    expect(headerToParam(`X-${index}`)).toBe(`HTTP_X_${index}`);
    expect(paramToHeader(`HTTP_Y_${index}`)).toBe(`y-${index}`);
  }
  expect(headerToParam("X-0")).toBe("HTTP_X_0");
  expect(headerToParam("Proxy")).toBeUndefined();
  expect(emptied.mock.calls.length, "bounded").toBeGreaterThan(10);
  emptied.mockRestore();
  const long = "X".repeat(10_000);
  expect(headerToParam(long)).toBe(`HTTP_${long}`);
});
