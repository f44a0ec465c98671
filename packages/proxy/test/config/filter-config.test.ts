import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";

function expand(route: unknown, root?: string): ReturnType<typeof expandConfig> {
  return expandConfig({
    root,
    upstreams: { app: { addresses: ["unix:/run/app.sock"] } },
    routes: [route],
  } as ProxyConfig);
}

describe("filter", () => {
  test("has the root of the configuration and validators by default", () => {
    expect(expand({ filter: { upstream: "app" } }, "/srv").routes[0]?.filter).toMatchObject({
      root: "/srv",
      index: ["index.html"],
      validators: true,
      version: "",
    });
  });

  test.each<[string, unknown, string]>([
    ["no folder", { filter: { upstream: "app" } }, "routes[0].filter needs a folder"],
    [
      "an upstream that is not there",
      { filter: { upstream: "ap", root: "/" } },
      'filter.upstream "ap" is not defined.',
    ],
    [
      "a path as index",
      { filter: { upstream: "app", root: "/", index: ["a/b"] } },
      "filter.index[0] must be a file name",
    ],
    [
      "another answer beside it",
      { filter: { upstream: "app", root: "/" }, static: true },
      "routes[0] has static and filter, and only one can answer",
    ],
    ["php beside it", { filter: { upstream: "app", root: "/" }, php: "app" }, "routes[0].filter stands beside php"],
    ["nothing that answers", { match: "/" }, "routes[0] says nothing that answers: add php, fastcgi, static"],
  ])("says what is wrong with %s", (_what, route, message) => {
    expect(() => expand(route)).toThrow(message);
  });
});
