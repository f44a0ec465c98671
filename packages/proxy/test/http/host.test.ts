import { describe, expect, test } from "vitest";

import { type Host, isSameHost, parseHost } from "../../src/http/host.ts";
import { Refusal } from "../../src/http/refusal.ts";

describe("accepted", () => {
  test.each([
    ["example.org", "example.org", undefined],
    ["[TC20] EXAMPLE.com.", "example.com", undefined],
    ["[TC20] example.com:443", "example.com", 443],
    ["[TC02] a:", "a", undefined],
    ["a:0", "a", 0],
    ["a:65535", "a", 65535],
    ["127.0.0.1:8080", "127.0.0.1", 8080],
    ["[::1]", "[::1]", undefined],
    ["[2001:DB8::1]:80", "[2001:db8::1]", 80],
    ["my_service~1", "my_service~1", undefined],
  ])("%s", (title, name, port) => {
    expect(parseHost(title.replace(/^\[T\w+\] /, ""))).toEqual({ name, port });
  });
});

describe("[TC02] refused", () => {
  test.each([
    "",
    "a, b",
    "a,b",
    "a/b",
    "u@a",
    "a:99999",
    "a:100000",
    "a b",
    "<script>",
    "[::1",
    "::1",
    "[x]",
    "[]",
    "a\x80",
    "a..b",
    ".a",
    ".",
    "a:b",
    "a:80x",
    "a::80",
    "a%41",
    "a?b",
    "a#b",
    "a\\b",
    "[fe80::1%eth0]",
  ])("%j", (text) => {
    expect(parseHost(text)).toBeInstanceOf(Refusal);
    expect(parseHost(text)).toMatchObject({ status: 400 });
  });
});

test("the scheme's own port may be left out", () => {
  const host = (text: string): Host => parseHost(text) as Host;
  expect(isSameHost(host("a"), host("A:80"), "http")).toBe(true);
  expect(isSameHost(host("a"), host("a:443"), "https")).toBe(true);
  expect(isSameHost(host("a"), host("a:443"), "http")).toBe(false);
  expect(isSameHost(host("a"), host("b"), "http")).toBe(false);
});

test("many different names do not grow the cache without bound", () => {
  for (let index = 0; index < 5_000; index++)
    expect(parseHost(`h${index}.example`)).toMatchObject({ name: `h${index}.example` });
});
