import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";
import type { UpstreamConfig } from "../../src/config/upstream-config.ts";

const two = ["unix:/a", { address: "unix:/b", weight: 3 }];

function expand(app: unknown): ReturnType<typeof expandConfig> {
  return expandConfig({ upstreams: { app }, routes: [{ fastcgi: { upstream: "app" } }] } as ProxyConfig);
}

describe("an upstream of several addresses", () => {
  test("has defaults of its own", () => {
    expect(expand({ addresses: two }).upstreams.get("app")).toEqual({
      name: "app",
      addresses: [
        { address: "unix:/a", capacity: undefined, multiplex: 1, connections: undefined, weight: 1, backup: false },
        { address: "unix:/b", capacity: undefined, multiplex: 1, connections: undefined, weight: 3, backup: false },
      ],
      capacity: undefined,
      policy: "weighted",
      health: { maxFails: 3, failTimeout: 10_000, backoff: 1_000, maxBackoff: 30_000, slowStart: 10_000 },
      check: undefined,
      queue: 256,
      maxTries: 3,
      retryBudget: 0.2,
    });
  });

  test("times are milliseconds or texts", () => {
    const written: UpstreamConfig = {
      addresses: ["unix:/a"],
      health: { failTimeout: "1m", slowStart: 0 },
      check: { path: "/ping", interval: "5s", timeout: 100, status: [204] },
    };
    expect(expand(written).upstreams.get("app")).toMatchObject({
      health: { failTimeout: 60_000, slowStart: 0 },
      check: { path: "/ping", interval: 5_000, timeout: 100, status: [204], rise: 2, fall: 3 },
    });
  });

  test.each<[string, unknown, string]>([
    ["an address twice", { addresses: ["unix:/a", "unix:/a"] }, "upstreams.app.addresses[1] is there already"],
    [
      "backups of nothing",
      { addresses: [{ address: "unix:/a", backup: true }] },
      "upstreams.app.addresses are all backups",
    ],
    ["weights of no use", { addresses: two, policy: "first" }, "upstreams.app.policy takes no heed of weights"],
    [
      "a header as a key",
      { addresses: two, policy: { hash: "X-User" } },
      'upstreams.app.policy.hash must be the name of a param, such as "REMOTE_ADDR"; the header X-User is "HTTP_X_USER"',
    ],
    ["a bad cookie", { addresses: two, policy: { cookie: "a b" } }, "policy.cookie must be the name of a cookie"],
    ["an unknown policy", { addresses: two, policy: "fair" }, "upstreams.app.policy must be"],
    ["neither hash nor cookie", { addresses: two, policy: {} }, "upstreams.app.policy.hash is missing"],
    ["no weight", { addresses: [{ address: "unix:/a", weight: 0 }] }, "weight must be above 0"],
    ["a bad time", { addresses: two, health: { slowStart: "soon" } }, "health.slowStart must be milliseconds or"],
    ["a check without a slash", { addresses: two, check: { path: "ping" } }, "check.path must begin with a slash"],
    ["a share beyond all", { addresses: two, retryBudget: 2 }, "retryBudget must be between 0 and 1"],
  ])("cannot have %s", (_what, app, message) => {
    expect(() => expand(app)).toThrow(message);
  });
});
