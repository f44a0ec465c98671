import { describe, expect, test } from "vitest";

import { AuthorizationCache, type Permission } from "../../src/authorize/authorization-cache.ts";

const permission = (name: string): Permission => ({ variables: new Map([["NAME", name]]), headers: [] });

describe("the cache of permissions", () => {
  test("gives what was allowed until its time is over", () => {
    let now = 0;
    const cache = new AuthorizationCache({ ttl: 1_000, key: ["A"], entries: 10 }, () => now);
    cache.set("k", permission("ada"));
    now = 999;
    expect(cache.get("k")?.variables.get("NAME")).toBe("ada");
    now = 1_000;
    expect(cache.get("k")).toBeUndefined();
  });

  test("holds no more than its entries, the newest of them", () => {
    const cache = new AuthorizationCache({ ttl: 1_000, key: ["A"], entries: 4 }, () => 0);
    for (let at = 0; at < 100; at++) cache.set(String(at), permission(String(at)));
    const held = Array.from({ length: 100 }, (_, at) => cache.get(String(at))).filter((it) => it !== undefined);
    expect(held.length).toBeLessThanOrEqual(4);
    expect(cache.get("99")).toBeDefined();
    expect(cache.get("98")).toBeDefined();
  });

  test("a key tells values, missing values and earlier permissions apart, and holds none of them", () => {
    const cache = new AuthorizationCache({ ttl: 1, key: ["A", "B"], entries: 1 });
    const of = (values: Record<string, string>, earlier?: ReadonlyMap<string, string>): string =>
      cache.key((name) => values[name], earlier);
    const keys = [
      of({ A: "x", B: "y" }),
      of({ A: "y", B: "x" }),
      of({ A: "x" }),
      of({ A: "x", B: "" }),
      of({ A: "x", B: "y" }, new Map([["USER", "ada"]])),
      of({ A: 'x","y' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(of({ A: "x", B: "y" })).toBe(keys[0]);
    expect(of({ A: "secret-password" })).not.toContain("secret");
  });
});
