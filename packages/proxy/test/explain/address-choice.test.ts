import type { PeerStats } from "@x/client";
import { ParamList } from "@x/protocol";
import { describe, expect, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import type { ResolvedPolicy } from "../../src/config/policy-config.ts";
import { explainAddresses } from "../../src/explain/address-choice.ts";
import type { ExplainedAddresses } from "../../src/explain/explanation.ts";
import { StickyCookie } from "../../src/upstreams/sticky-cookie.ts";
import { serve } from "../support/application.ts";
import { MemoryExchange } from "../support/memory-exchange.ts";

type Told = Pick<PeerStats, "state" | "backup" | "weight">;

const NONE = { active: 0, queued: 0, connections: 0, opened: 0, reused: 0, multiplex: 1 };

/** Peers `a`, `b`, … */
function explain(
  policy: ResolvedPolicy,
  peers: readonly Partial<Told>[],
  params: readonly string[] = [],
): ExplainedAddresses {
  const addresses = peers.map((peer, index) => {
    const address = String.fromCharCode(0x61 + index);
    return { ...NONE, address, state: "healthy", backup: false, weight: 1, fails: 0, requests: 0, share: 1, ...peer };
  }) as unknown as PeerStats[];
  const cookie = typeof policy === "object" && "cookie" in policy ? new StickyCookie(policy.cookie) : undefined;
  const list = new ParamList();
  for (let at = 0; at < params.length; at += 2) list.add(params[at] ?? "", params[at + 1] ?? "");
  const configured = addresses.map(({ address }) => address);
  return explainAddresses({ addresses: configured, policy, cookie, stats: { addresses } }, list);
}

describe("which addresses", () => {
  test.each<[string, readonly Partial<Told>[], string, Record<string, string>]>([
    [
      "all that are well, without backups",
      [{}, {}, { backup: true }],
      "ab",
      { c: "a backup, for when no other is well" },
    ],
    [
      "backups when no other is well",
      [{ state: "ejected" }, { state: "down" }, { backup: true }],
      "c",
      { a: "left out, since requests failed there", b: "left out, since its checks fail" },
    ],
    ["none that is taken out of service", [{ state: "draining" }, {}, {}], "bc", { a: "taken out of service" }],
    [
      "none that is being tried",
      [{ state: "probing" }, {}, {}],
      "bc",
      { a: "left out until one request has found out whether it is back" },
    ],
  ])("%s", (_title, peers, expected, reasons) => {
    const { addresses, others } = explain("weighted", peers);
    expect(addresses.join("")).toBe(expected);
    expect(Object.fromEntries(others.map(({ address, reason }) => [address, reason]))).toEqual(reasons);
  });

  test("all, when none is well", () => {
    expect(explain("first", [{ state: "ejected" }, { state: "down", backup: true }])).toEqual({
      addresses: ["a", "b"],
      choice: "none is well, so that all are tried: the first that has room",
      others: [],
    });
  });
});

describe("why one of them", () => {
  test.each<[ResolvedPolicy, readonly Partial<Told>[], string]>([
    ["weighted", [{}, {}], "each in its turn"],
    ["weighted", [{ weight: 2 }, {}], "each in its turn, by their weights 2 : 1"],
    ["round-robin", [{}, {}], "each in its turn"],
    ["least-requests", [{}, { weight: 3 }], "the one with the fewest requests, by their weights 1 : 3"],
    ["random-two", [{}, {}], "of two by chance the one with fewer requests"],
    ["first", [{}, {}], "the first that has room"],
    ["weighted", [{}, { state: "down" }], "the only one that is well"],
    [{ hash: "HTTP_X" }, [{}, {}], "the one with the fewest requests, since there is no HTTP_X"],
    [{ cookie: "app" }, [{}, {}], "each in its turn, since the cookie app names none; it keeps the client there"],
  ])("%j of %j: %s", (policy, peers, expected) => {
    expect(explain(policy, peers).choice).toBe(expected);
  });

  test("by a param: the one that would get it", () => {
    const found = [..."0123456789"].map((x) => explain({ hash: "X" }, [{}, {}, {}], ["X", x]));
    expect(new Set(found.map(({ addresses }) => addresses.join(""))).size).toBeGreaterThan(1);
    for (const { addresses, choice } of found) {
      expect(addresses).toHaveLength(1);
      expect(choice).toBe("the one for this X, as long as it is well and has room");
    }
  });

  test("by a cookie: the one that it names", () => {
    const [, value = ""] = new StickyCookie("app").headers(new ParamList(), "b", false);
    const { addresses, choice } = explain({ cookie: "app" }, [{}, {}], ["HTTP_COOKIE", `x=y; ${value.split(";")[0]}`]);
    expect(addresses).toEqual(["b"]);
    expect(choice).toBe("the one that the cookie app names, as long as it is well and has room");
  });
});

test("a running gateway says which address is taken out of service", async () => {
  const routes: RouteConfig[] = [{ fastcgi: { upstream: "app" } }];
  const gateway = serve({
    upstreams: { app: { addresses: ["unix:/a.sock", "unix:/b.sock"] }, one: { addresses: ["unix:/c.sock"] } },
    routes: [{ match: "/one", fastcgi: { upstream: "one" } }, ...routes],
  });
  await gateway.drain("app", "unix:/a.sock");
  const { application } = await gateway.explain(new MemoryExchange("/"));
  expect(application).toMatchObject({
    addresses: ["unix:/b.sock"],
    choice: "the only one that is well",
    others: [{ address: "unix:/a.sock", reason: "taken out of service" }],
  });
  const sole = await gateway.explain(new MemoryExchange("/one"));
  expect(sole.application).toMatchObject({ addresses: ["unix:/c.sock"], choice: "its only address", others: [] });
});
