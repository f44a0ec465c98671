import { expect, test } from "vitest";

import { expandConfig } from "../../src/config/expand.ts";
import type { Endpoint } from "../../src/gateway-request.ts";
import { Malformed } from "../../src/http1/malformed.ts";
import { explainClientError } from "../../src/worker/client-error.ts";

const config = expandConfig({ root: "/", routes: [{ static: true }] });

function between(remote: string, local: string): { remote: Endpoint; local: Endpoint } {
  return { remote: { address: remote, port: 1 }, local: { address: local, port: 2 } };
}

const of = (status: number, reason?: string): Malformed => new Malformed(status, reason);

const here = between("127.0.0.1", "127.0.0.1");

test("[TA29] a head that is too large is told the limits and their names, and so is one that is too slow", () => {
  expect(explainClientError(of(431), here, config)).toBe(
    "The head is larger than limits.headerBytes (16384), limits.headerLines (100) or limits.target (8192 bytes) allow.",
  );
  expect(explainClientError(of(408), here, config)).toBe(
    "The head took longer than timeouts.requestHead allows (10000 ms).",
  );
  const timeouts = { ...config.timeouts, request: 60_000 };
  expect(explainClientError(of(408), here, { ...config, timeouts })).toContain("timeouts.request (60000 ms)");
  expect(explainClientError(of(414), here, config)).toBe(
    "The request target is longer than limits.target allows (8192 bytes).",
  );
  expect(explainClientError(of(400), here, config)).toBeUndefined();
  expect(explainClientError(of(400, "why"), here, config)).toBe("why");
});

test("a stranger is told nothing but the status", () => {
  expect(explainClientError(of(431), between("10.0.0.1", "127.0.0.1"), config)).toBeUndefined();
  expect(explainClientError(of(431), between("::1", "10.0.0.2"), config)).toBeUndefined();
  expect(explainClientError(of(431), here, { ...config, errors: "plain" })).toBeUndefined();
  expect(
    explainClientError(of(431), between("10.0.0.1", "10.0.0.2"), { ...config, errors: "developer" }),
  ).toBeDefined();
});
