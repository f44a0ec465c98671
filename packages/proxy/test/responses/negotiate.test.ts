import { expect, test } from "vitest";

import { negotiate } from "../../src/responses/negotiate.ts";

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ["", undefined],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate, br", "br"],
  ["br;q=0.5, gzip", "gzip"],
  ["zstd;q=0, br;q=0, gzip;q=0.1", "gzip"],
  ["*", "zstd"],
  ["*;q=0.5, gzip", "gzip"],
  ["gzip;q=0, *", "zstd"],
  ["identity", undefined],
  ["identity, gzip;q=0.5", undefined],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["gzip;q=2x, deflate", undefined],
  ["gzip".repeat(500), undefined],
])("%j: %s", (accepted, expected) => {
  expect(negotiate(accepted, ["zstd", "br", "gzip"])).toBe(expected);
});
