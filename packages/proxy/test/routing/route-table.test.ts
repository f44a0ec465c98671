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
  const match = (given: Partial<ResolvedMatch>): ResolvedMatch => ({
    paths: [],
    regex: undefined,
    scheme: undefined,
    methods: [],
    hosts: [],
    ...given,
  });

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

  test("wildcards and mounts are found among many, in the order of the routes", () => {
    const many = Array.from({ length: 1_000 }, (_it, at) => [
      { match: match({ hosts: [`*.w${at}.example`] }), value: `wildcard ${at}` },
      { match: match({}), mount: `/m${at}/x`, value: `mount ${at}` },
    ]).flat();
    const table = new RouteTable<string>([
      { match: match({ paths: ["/first"] }), value: "first" },
      { match: match({ hosts: ["a.b.w7.example", "*.b.w8.example"] }), value: "named" },
      { match: match({ hosts: ["*.b.w7.example"], paths: ["/sub"] }), value: "deeper" },
      ...many,
      { match: match({ hosts: ["*.example"] }), value: "domain" },
      { match: match({}), value: "last" },
    ]);
    const find = (host: string, path: string): string | undefined => table.find("GET", host, path);
    expect(find("a.w7.example", "/first")).toBe("first");
    expect(find("a.w7.example", "/x")).toBe("wildcard 7");
    expect(find("a.b.w7.example", "/sub")).toBe("named");
    expect(find("c.b.w7.example", "/sub")).toBe("deeper");
    expect(find("c.b.w7.example", "/x")).toBe("wildcard 7");
    expect(find("c.b.w8.example", "/x")).toBe("named");
    expect(find("a.w7.example", "/m6/x")).toBe("mount 6");
    expect(find("a.w7.example", "/m8/x/y")).toBe("wildcard 7");
    expect(find("w7.example", "/x")).toBe("domain");
    expect(find(".w7.example", "/x")).toBe("domain");
    expect(find("evilw7.example", "/m8/x/y")).toBe("mount 8");
    expect(find("example", "/m8/xy")).toBe("last");
    expect(find("", "/m8/x")).toBe("mount 8");
    expect(find(".example", "/")).toBe("last");
    expect(find("other", "/m8")).toBe("last");
  });

  test("hosts and first segments are found among many", () => {
    const many = Array.from({ length: 1_000 }, (_it, at) => ({
      match: match({ hosts: [`h${at}.example`], paths: [`/p${at}/*`] }),
      value: at,
    }));
    const table = new RouteTable([
      { match: match({ paths: ["*.txt"] }), value: -1 },
      ...many,
      { match: match({ hosts: ["*.example"], paths: ["/any", "/p7/*"] }), value: -2 },
      { match: match({ paths: ["/p7/{a,b}"] }), value: -3 },
    ]);
    expect(table.find("GET", "h7.example", "/p7/x.txt")).toBe(-1);
    expect(table.find("GET", "h7.example", "/p7/x")).toBe(7);
    expect(table.find("GET", "h8.example", "/p7/x")).toBe(-2);
    expect(table.find("GET", "other.example", "/any")).toBe(-2);
    expect(table.find("GET", "other", "/p7/a")).toBe(-3);
    expect(table.find("GET", "other", "/p7/c")).toBeUndefined();
  });

  test("the answer of the index is that of the walk", () => {
    const routes = ["/a/*", "/a", "*.b", "/", "/{a,c}/d", "/*"].flatMap((path, at) => [
      { match: match({ paths: [path], hosts: at % 2 === 0 ? ["x"] : ["*.y", "x"] }), value: at * 2 },
      { match: match({ paths: [path] }), value: at * 2 + 1 },
    ]);
    const table = new RouteTable(routes);
    for (const host of ["x", "a.y", "z"]) {
      for (const path of ["/", "/a", "/a/", "/a/x", "/c/d", "/q.b", "/ab"]) {
        const verdicts = table.explain({ method: "GET", host, path, scheme: "http", internal: false });
        expect([host, path, table.find("GET", host, path)]).toEqual([host, path, verdicts.at(-1)?.index]);
      }
    }
  });

  test("mounts end at a slash, and internal routes are for ourselves", () => {
    const table = new RouteTable([
      { match: match({}), mount: "/blog", value: 1 },
      { match: match({ paths: ["/in/*"] }), internal: true, value: 2 },
      { match: match({ scheme: "https" }), value: 3 },
    ]);
    expect([table.find("GET", "", "/blog"), table.find("GET", "", "/blog/x")]).toEqual([1, 1]);
    expect(table.find("GET", "", "/blogs")).toBeUndefined();
    expect([table.find("GET", "", "/in/x"), table.find("GET", "", "/in/x", "http", true)]).toEqual([undefined, 2]);
    expect(table.find("GET", "", "/x", "https")).toBe(3);
  });

  test("a path that has routes for other methods knows which", () => {
    const table = new RouteTable([
      { match: match({ paths: ["/a"], methods: ["GET", "HEAD"] }), value: 1 },
      { match: match({ paths: ["/a"], methods: ["POST", "GET"] }), value: 2 },
    ]);
    expect(table.methods("", "/a", "http", false)).toEqual(["GET", "HEAD", "POST"]);
    expect(table.methods("", "/b", "http", false)).toEqual([]);
  });
});
