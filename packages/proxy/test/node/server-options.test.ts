import { expect, test } from "vitest";

import { nodeServerOptions } from "../../src/node/server-options.ts";

test("sizes and times of a configuration, numbers or texts", () => {
  const options = nodeServerOptions({ headerBytes: "32k", target: 1_024 }, { requestHead: "5s", keepAlive: 1_000 });
  expect(options).toMatchObject({ maxHeaderSize: 34_816, headersTimeout: 5_000, keepAliveTimeout: 1_000 });
  expect(nodeServerOptions()).toMatchObject({ maxHeaderSize: 25_600, headersTimeout: 10_000, requestTimeout: 0 });
  expect(() => nodeServerOptions({ target: "8 k b" })).toThrow('limits.target must be bytes or a text such as "64k"');
});
