import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Refusal } from "../../src/http/refusal.ts";
import { type RequestTarget, parseTarget } from "../../src/http/request-target.ts";

function good(target: string): RequestTarget {
  const parsed = parseTarget(target);
  if (parsed instanceof Refusal) throw new Error(`${target} was refused: ${parsed.reason}`);
  return parsed;
}

describe("path and query", () => {
  test.each([
    ["/", "/", ""],
    ["/a", "/a", ""],
    ["/a/b.php/c?d=e?f", "/a/b.php/c", "d=e?f"],
    ["/?", "/", ""],
    ["/a?b%zz", "/a", "b%zz"],
    ["/a%20b+c", "/a b+c", ""],
    ["/%41%5a%7e", "/AZ~", ""],
    ["[TC11] /%252e%252e%252f", "/%2e%2e%2f", ""],
    ["[TC12] /%c0%ae%c0%ae/x", "/\xc0\xae\xc0\xae/x", ""],
    ["[TC12] /%ff", "/\xff", ""],
    ["[TC14] /a.php%3f/../x", "/x", ""],
    ["[TC14] /a.php%3fb", "/a.php?b", ""],
    ["[TC15] /a;jsessionid/../admin", "/admin", ""],
    ["[TC15] /admin;/x", "/admin;/x", ""],
    ["[TC15] /admin%20", "/admin ", ""],
    ["[TC15] /admin/.", "/admin/", ""],
    ["[TC05] //evil.com/p", "/evil.com/p", ""],
    ["/a//b///c", "/a/b/c", ""],
    ["/a/./b", "/a/b", ""],
    ["/a/../b", "/b", ""],
    ["/a/..", "/", ""],
    ["/a/b/..", "/a/", ""],
    ["/a/b/../..", "/", ""],
    ["/a/b/../../c/./d/", "/c/d/", ""],
    ["/a//../b", "/b", ""],
    ["/./.", "/", ""],
    ["/a.", "/a.", ""],
    ["/a..", "/a..", ""],
    ["/...", "/...", ""],
    ["/..a", "/..a", ""],
    ["/.a", "/.a", ""],
    ["[TD01] /..;/x", "/..;/x", ""],
    ["[TD01] /....//x", "/..../x", ""],
    ["/a/%2e/b", "/a/b", ""],
    ["/a/%2e%2E/b", "/b", ""],
    ["/a/.%2e/b", "/b", ""],
    ["[TC06] /\ta", undefined, ""],
    ['/"<>{}|^`', '/"<>{}|^`', ""],
  ])("%s", (title, path, query) => {
    const target = title.replace(/^\[\w+\] /, "");
    if (path === undefined) {
      expect(parseTarget(target)).toBeInstanceOf(Refusal);
      return;
    }
    expect(good(target)).toMatchObject({ path, query, raw: target });
  });
});

describe("refused with 400", () => {
  test.each([
    "",
    "a",
    "[TC07] admin",
    "[TC08] /a#b",
    "[TC08] /a?b#c",
    "[TC08] /%",
    "[TC08] /%1",
    "[TC08] /%zz",
    "[TC08] /a%4",
    "[TC09] /a.jpg%00.php",
    "[TC09] /index.php/%00",
    "[TC10] /index.php/x%0ay",
    "[TC10] /x%0d",
    "/x%7f",
    "/x%1f",
    "[TC13] /public/..%2fadmin",
    "[TC13] /a%2Fb",
    "[TD01] /%5c..%5c",
    "[TD01] /..\\",
    "[TD01] /..",
    "[TD01] /../",
    "[TD01] /%2e%2e/",
    "[TD01] /.%2e/x",
    "[TD01] /./.././",
    "[TD01] /a/../../b",
    `[TD01] /${"../".repeat(200)}etc/passwd`,
    "[TB04] /\x80",
    "/\x7f",
    "/ b",
    "/a?b\xe4",
    "[TC04] http://u:p@a/p",
    "[TC04] ftp://a/p",
    "[TC04] http://a:80x/",
    "[TC04] http://a::80/",
    "http:///p",
    "http://",
    "*x",
    "**",
  ])("%s", (title) => {
    expect(parseTarget(title.replace(/^\[\w+\] /, ""))).toMatchObject({ status: 400 });
  });
});

describe("[TC03] absolute form", () => {
  test.each([
    ["http://a.example/p?q", "/p?q", "/p", { name: "a.example", port: undefined }],
    ["HTTP://A.example:8080", "/", "/", { name: "a.example", port: 8080 }],
    ["http://a?x=/", "/?x=/", "/", { name: "a", port: undefined }],
    ["http://[::1]:80//x", "//x", "/x", { name: "[::1]", port: 80 }],
  ])("%s", (target, raw, path, authority) => {
    expect(good(target)).toMatchObject({ raw, path, authority, scheme: "http" });
  });
});

test("[TC07] the asterisk form", () => {
  expect(good("*")).toMatchObject({ raw: "*", path: "*", query: "" });
});

test("[TC06] any path is refused or clean, and cleaning it again changes nothing", () => {
  const piece = fc.constantFrom(
    "/",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "a",
    "%41",
    "%",
    "%2f",
    "\\",
    ";",
    "%00",
    "//",
    "%c3%a4",
    "?",
    "#",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const parsed = parseTarget(`/${pieces.join("")}`);
      if (parsed instanceof Refusal) return;
      expect(parsed.path).toMatch(/^\/(?!\/)[\x20-\x7e\x80-\xff]*$/);
      expect(parsed.path).not.toMatch(/\/\/|\/\.\.?(?:\/|$)|\\/);
      const again = good(
        `/${[...Buffer.from(parsed.path.slice(1), "latin1")].map((byte) => (byte === 0x2f ? "/" : `%${byte.toString(16).padStart(2, "0")}`)).join("")}`,
      );
      expect(again.path).toBe(parsed.path);
    }),
    { numRuns: 2_000 },
  );
});
