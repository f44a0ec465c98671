import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { expandConfig } from "../../src/config/expand.ts";

function expand(authorize: unknown): ReturnType<typeof expandConfig> {
  return expandConfig({
    upstreams: { guard: { addresses: ["unix:/run/guard.sock"] }, app: { addresses: ["unix:/run/app.sock"] } },
    routes: [{ authorize, fastcgi: { upstream: "app" } }],
  } as ProxyConfig);
}

describe("authorize", () => {
  test("is one or several, with defaults", () => {
    const one = expand({ upstream: "guard" }).routes[0]?.authorize;
    expect(one).toEqual(expand([{ upstream: "guard" }]).routes[0]?.authorize);
    expect(one).toMatchObject([{ upstream: "guard", role: "authorizer", headers: [], cache: undefined }]);
    expect(expand({ upstream: "guard", cache: { ttl: "30s" } }).routes[0]?.authorize[0]?.cache).toMatchObject({
      ttl: 30_000,
      entries: 1_000,
    });
  });

  test.each<[string, unknown, string]>([
    [
      "an upstream that is not there",
      { upstream: "gard" },
      'authorize.upstream "gard" is not defined. Did you mean "guard"?',
    ],
    ["an unknown key", { upstream: "guard", urr: "/" }, "authorize.urr is not a known key."],
    ["an unknown role", { upstream: "guard", role: "filter" }, 'authorize.role must be "authorizer" or "responder"'],
    ["a uri for an authorizer", { upstream: "guard", uri: "/a" }, 'authorize.uri needs role "responder" beside it.'],
    [
      "a phase of a responder",
      { upstream: "guard", role: "responder", phase: "authorizer" },
      "authorize.phase is a question",
    ],
    ["a uri that is no path", { upstream: "guard", role: "responder", uri: "a b" }, 'must be a path such as "/auth"'],
    [
      "a variable that decides",
      { upstream: "guard", role: "responder", variables: { SCRIPT_FILENAME: "X-File" } },
      "authorize.variables.SCRIPT_FILENAME decides about the request itself",
    ],
    [
      "HTTP_PROXY",
      { upstream: "guard", role: "responder", variables: { HTTP_PROXY: "X-Proxy" } },
      "authorize.variables.HTTP_PROXY decides about the request itself",
    ],
    [
      "a header that frames",
      { upstream: "guard", headers: ["Content-Length"] },
      "authorize.headers[0] cannot be taken over",
    ],
    ["a ttl that is none", { upstream: "guard", cache: { ttl: "soon" } }, "authorize.cache.ttl must be milliseconds"],
    ["one of several", [{ upstream: "guard" }, { upstream: "x" }], 'authorize[1].upstream "x" is not defined.'],
  ])("says what is wrong with %s", (_what, authorize, message) => {
    expect(() => expand(authorize)).toThrow(message);
  });
});
