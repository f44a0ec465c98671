import { describe, expect, test } from "vitest";

import { compilePathRegex, flawOfRegex } from "../../src/routing/path-regex.ts";

describe("regular expressions for paths", () => {
  test("match the whole path", () => {
    const regex = compilePathRegex("/a|/b.");
    expect(["/a", "/b/", "/ax", "x/a", "/b"].map((path) => regex.test(path))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test.each([
    "/user/(\\d+)",
    "/(?:css|js)/.*",
    "(/[a-z]+)/([^/]*)/edit",
    "/a{2,3}(b|c)?",
    "(?:/x[*+(]+)?",
    "(a|b)*",
    "/(?<year>\\d{4})/\\+\\(",
  ])("fine: %s", (source) => expect(flawOfRegex(source)).toBeUndefined());

  test.each<[string, string]>([
    ["[TC22] (a+)+$", "repeats a group that repeats"],
    ["/(?:x*y)*", "repeats a group that repeats"],
    ["/((a+)b)*", "repeats a group that repeats"],
    ["/(a{2,})+", "repeats a group that repeats"],
    ["/(a|ab)*", "may begin alike"],
    ["/(.|a)*", "may begin alike"],
    ["/(a)\\1", "back reference"],
    ["/(", "is not a regular expression"],
    ["/ü", "outside of ASCII"],
  ])("refused: %s", (title, flaw) => expect(flawOfRegex(title.replace("[TC22] ", ""))).toContain(flaw));
});
