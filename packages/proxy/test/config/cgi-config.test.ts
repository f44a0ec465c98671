import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";

function expand(route: unknown): ReturnType<typeof expandConfig> {
  const upstreams = { app: { addresses: ["unix:/run/app.sock"] } };
  return expandConfig({ upstreams, routes: [route] } as ProxyConfig, { folder: "/srv" });
}

describe("cgi", () => {
  test("has limits by default, and paths from the configuration's folder", () => {
    expect(expand({ cgi: { root: "bin" } }).routes[0]?.cgi).toMatchObject({
      root: "/srv/bin",
      program: [],
      concurrency: 16,
      time: 300_000,
      output: 1_073_741_824,
      nph: false,
    });
    const { cgi } = expand({ cgi: { program: ["a.cgi", "-x"], time: "10s", output: false } }).routes[0] ?? {};
    expect(cgi).toMatchObject({ root: undefined, program: ["/srv/a.cgi", "-x"], time: 10_000, output: Infinity });
  });

  test.each<[unknown, string | undefined, string]>([
    ["/cgi-bin/*", undefined, "/cgi-bin"],
    [{ path: ["/a/b/**"] }, undefined, "/a/b"],
    [{ path: ["/a/*", "/b/*"] }, undefined, ""],
    ["*.cgi", undefined, ""],
    ["/a", undefined, ""],
    [undefined, undefined, ""],
    ["/cgi-bin/*", "/", ""],
    ["/cgi-bin/*", "/other", "/other"],
  ])("of a route for %j with mount %j lies below %j", (match, mount, expected) => {
    expect(expand({ match, mount, cgi: { root: "bin" } }).routes[0]?.mount).toBe(expected);
    expect(expand({ match, mount, filter: { upstream: "app", root: "f" } }).routes[0]?.mount).toBe(expected);
  });

  test.each<[string, unknown, string]>([
    ["neither folder nor program", { cgi: {} }, 'routes[0].cgi needs either "root"'],
    ["both", { cgi: { root: "/a", program: "/b" } }, 'routes[0].cgi needs either "root"'],
    ["a time that is none", { cgi: { root: "/a", time: "long" } }, "routes[0].cgi.time must be milliseconds"],
    ["a name that is none", { cgi: { root: "/a", environment: { "A=B": "x" } } }, "is not the name of a variable."],
    [
      "another answer beside it",
      { cgi: { root: "/a" }, static: true },
      "routes[0] has static and cgi, and only one can answer",
    ],
  ])("says what is wrong with %s", (_what, route, message) => {
    expect(() => expand(route)).toThrow(message);
  });
});

describe("handler", () => {
  test("is a module by its path, a function, or an object with fetch", () => {
    const handler = (): Response => new Response();
    expect(expand({ handler: "./live.ts" }).routes[0]?.handler).toBe("/srv/live.ts");
    expect(expand({ handler }).routes[0]?.handler).toBe(handler);
    expect(expand({ handler: { fetch: handler } }).routes[0]?.handler).toHaveProperty("fetch");
  });

  test.each([3, {}, null, { fetch: 1 }])("is not %j", (handler) => {
    expect(() => expand({ handler })).toThrow("routes[0].handler must be the path of a module, a function");
  });
});
