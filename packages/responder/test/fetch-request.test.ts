import { expect, test } from "vitest";

import { requestUrl } from "../src/fetch-request.ts";

/** The part of a URL that an application routes by, after all parsing. */
const parsed = (url: string): string => {
  const { host, pathname, search } = new URL(url);
  return `${host}|${pathname}|${search}`;
};

test.for([
  ["shop.test", "/a?b=c", "shop.test|/a|?b=c"],
  ["shop.test:8443", "/", "shop.test:8443|/|"],
  ["[::1]:8080", "/x", "[::1]:8080|/x|"],
  ["10.0.0.1", "//evil.test/x", "10.0.0.1|//evil.test/x|"],
  ["shop.test", "/a%2Fb%zz?%41", "shop.test|/a%2Fb%zz|?%41"],
  ["shop.test", "/a\\..\\b", "shop.test|/a%5C..%5Cb|"],
  ["shop.test", "/a#b?c", "shop.test|/a%23b|?c"],
  ["shop.test", "/\u00e9\u0080?q=\u00ff", "shop.test|/%E9%80|?q=%FF"],
  ["shop.test", "/a b\tc", "shop.test|/a%20b%09c|"],
  ["shop.test", "http://other.test/p?q", "shop.test|/p|?q"],
  ["shop.test", "https://other.test?q", "shop.test|/|?q"],
  ["shop.test", "*", "shop.test|/*|"],
  ["shop.test", "?q", "shop.test|/|?q"],
] as const)("host %o and target %o mean what came", ([host, target, expected]) => {
  expect(parsed(requestUrl("http", host, target))).toBe(expected);
});

test.for([
  "evil.test/admin?",
  "user@evil.test",
  "evil.test#",
  "a b",
  "",
  "x:99999",
  "[::1",
  "[:::]",
  "evil.test\\path",
  "1.2.3.4.5.999",
  "h\u00f6st",
  "a%2fb",
])("a host that is none, %o, does not move the border to the path", (host) => {
  expect(parsed(requestUrl("https", host, "/path"))).toBe("localhost|/path|");
});
