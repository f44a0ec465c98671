import { describe, expect, test } from "vitest";

import type { ResolvedMatch } from "../../src/config/resolved-config.ts";
import { compilePathPattern } from "../../src/routing/path-pattern.ts";
import { RouteTable } from "../../src/routing/route-table.ts";

describe("path patterns", () => {
  test.each<[string, string[], string[]]>([
    ["/exact", ["/exact"], ["/exact/", "/exact/x", "/Exact", "/"]],
    ["[TD02] /img/*", ["/img/", "/img/a", "/img/a/b"], ["/img", "/img../secret", "/imgsecret/x", "/x/img/a"]],
    ["/img/**", ["/img/", "/img/a/b"], ["/img"]],
    ["*", ["/", "/a/b", "/.x"], []],
    ["/*", ["/", "/a/b"], []],
    ["*.jpg", ["/a.jpg", "/x/y/b.jpg", "/.a.jpg"], ["/a.jpg/x", "/a.JPG", "/ajpg"]],
    ["/*.php", ["/index.php"], ["/a/index.php", "/index.php/x"]],
    ["/{css,js}/**", ["/css/a.css", "/js/x/y.js"], ["/img/a", "/cssx/a"]],
    ["/{css,js}/*", ["/css/a.css", "/js/x/y.js"], ["/img/a"]],
    ["/a/*/c", ["/a/b/c"], ["/a/b/b/c", "/a/c"]],
    ["/v[12]/x", ["/v1/x", "/v2/x"], ["/v3/x"]],
    ["/käse/*", [Buffer.from("/käse/x").toString("latin1")], ["/käse/x"]],
    ["[TC16] /admin", ["/admin"], ["/ADMIN", "/admin ", "/admin;"]],
    ["/!x", ["/!x"], ["/y"]],
  ])("%s", (title, matching, others) => {
    const matches = compilePathPattern(title.replace(/^\[\w+\] /, ""));
    for (const path of matching) expect([path, matches(path)]).toEqual([path, true]);
    for (const path of others) expect([path, matches(path)]).toEqual([path, false]);
  });
});

describe("the table", () => {
  const match = (given: Partial<ResolvedMatch>): ResolvedMatch => ({ paths: [], methods: [], hosts: [], ...given });

  test("the first match wins", () => {
    const table = new RouteTable([
      { match: match({ paths: ["/a/*", "/b"] }), value: 1 },
      { match: match({ paths: ["/a/*"] }), value: 2 },
      { match: match({}), value: 3 },
    ]);
    expect([table.find("GET", "", "/a/x"), table.find("GET", "", "/b"), table.find("GET", "", "/c")]).toEqual([
      1, 1, 3,
    ]);
  });

  test("all conditions must hold", () => {
    const table = new RouteTable([
      { match: match({ paths: ["/a"], methods: ["GET", "HEAD"], hosts: ["x.example", "*.y.example"] }), value: 1 },
    ]);
    expect(table.find("GET", "x.example", "/a")).toBe(1);
    expect(table.find("HEAD", "a.b.y.example", "/a")).toBe(1);
    expect(table.find("POST", "x.example", "/a")).toBeUndefined();
    expect(table.find("GET", "y.example", "/a")).toBeUndefined();
    expect(table.find("GET", "evil-y.example", "/a")).toBeUndefined();
    expect(table.find("GET", "", "/a")).toBeUndefined();
    expect(table.find("GET", "x.example", "/b")).toBeUndefined();
  });
});
