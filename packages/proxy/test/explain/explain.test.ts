import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import type { Explanation } from "../../src/explain/explanation.ts";
import { serve } from "../support/application.ts";
import { type Asked, MemoryExchange } from "../support/memory-exchange.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function explain(target: string, asked?: Asked, routes?: readonly RouteConfig[]): Promise<Explanation> {
  const root = temporaryFolder();
  for (const name of ["index.php", "style.css"]) writeFileSync(join(root, name), name);
  mkdirSync(join(root, "docs"));
  writeFileSync(join(root, "docs", "index.html"), "docs");
  const gateway = serve({
    root,
    upstreams: { php: { addresses: ["unix:/absent.sock", "tcp://127.0.0.1:9"] } },
    trustProxy: ["10.0.0.0/8"],
    routes: routes ?? [
      { match: { path: "/api/*", method: "POST" }, respond: { body: "api" } },
      { match: { regex: "/user/(\\d+)" }, rewrite: "/index.php/u?id=$1" },
      { fastcgi: { upstream: "php", extensions: [".php"], params: { APP: "x" } }, static: true, deny: ["/private/*"] },
    ],
  });
  return gateway.explain(new MemoryExchange(target, asked));
}

describe("a request to an application", () => {
  test("routes, rewrites, files and the script, in the order of the decisions", async () => {
    const { steps, application, answer } = await explain("/user/7?z");
    expect(steps).toEqual([
      { kind: "route", index: 0, matches: false, reason: "the path does not match /api/*" },
      { kind: "route", index: 1, matches: true, reason: "rewrite to /index.php/u?id=$1" },
      { kind: "rewrite", path: "/index.php/u", query: "id=7&z" },
      { kind: "route", index: 0, matches: false, reason: "the path does not match /api/*" },
      { kind: "route", index: 1, matches: false, reason: "the path does not match the regex /user/(\\d+)" },
      expect.objectContaining({ kind: "route", index: 2, matches: true }),
      { kind: "file", path: "/index.php", found: "file" },
      { kind: "script", scriptName: "/index.php", pathInfo: "/u" },
    ]);
    expect(answer).toBeUndefined();
    expect(application).toMatchObject({ upstream: "php", addresses: ["unix:/absent.sock", "tcp://127.0.0.1:9"] });
  });

  test("each param once, with its value and its origin", async () => {
    const { application } = await explain("/x?q", {
      headers: ["X-Forwarded-For", "9.9.9.9", "X-A", "b", "X_B", "c"],
      remote: { address: "10.0.0.1", port: 1 },
    });
    const params = new Map(application?.params.map(({ name, value, origin }) => [name, `${value} (${origin})`]));
    expect(params.size).toBe(application?.params.length);
    expect(params.get("APP")).toBe("x (params of the route)");
    expect(params.get("REMOTE_ADDR")).toBe("9.9.9.9 (a proxy in trustProxy)");
    expect(params.get("HTTP_X_A")).toBe("b (the x-a header)");
    expect(params.get("SCRIPT_NAME")).toBe("/index.php (the path up to its script)");
    expect([...params.values()].filter((it) => it.includes("(the gateway)"))).toEqual([]);
    expect(params.has("HTTP_X_B")).toBe(false);
  });
});

describe("what the gateway answers by itself", () => {
  test.each<[string, string, Asked | undefined, number, RegExp | undefined]>([
    ["a file", "/style.css", undefined, 200, undefined],
    ["a folder without its slash", "/docs", undefined, 301, undefined],
    ["a denied path", "/private/x", undefined, 404, /"\/private\/\*" stands in deny/],
    ["a hidden one", "/.env", undefined, 404, /dot files/],
    ["no script", "/nope.php", undefined, 404, /Neither a file nor a script/],
    ["a request that cannot be read", "/a%00", undefined, 400, /control character/],
    ["a fixed answer", "/api/x", { method: "POST" }, 200, undefined],
  ])("%s", async (_title, target, asked, status, reason) => {
    const { answer, application } = await explain(target, asked);
    expect(application).toBeUndefined();
    expect(answer?.status).toBe(status);
    if (reason === undefined) expect(answer?.reason).toBeUndefined();
    else expect(answer?.reason).toMatch(reason);
  });

  test("no route at all", async () => {
    const { answer, steps } = await explain("/x", { method: "GET" }, [
      { match: { path: "/x", method: "POST" }, respond: {} },
      { match: "/in", internal: true, respond: {} },
    ]);
    expect(steps.at(-1)).toEqual({ kind: "note", text: "no route matches" });
    expect(answer).toMatchObject({ status: 405 });
  });
});
