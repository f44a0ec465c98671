import { expect } from "vitest";

import type { RequestDescription } from "../../src/cgi/meta-variables.ts";
import { addMetaVariables } from "../../src/cgi/meta-variables.ts";
import type { StaticMetaVariables } from "../../src/cgi/static-meta-variables.ts";
import { encodeNameValues } from "../../src/name-values.ts";
import { readPairs } from "../../src/pairs.ts";
import { ParamList } from "../../src/param-list.ts";
import { readLatin1 } from "../../src/text.ts";
import { fields } from "./heads.ts";

/** A request that all tests begin with. */
export const REQUEST: RequestDescription = {
  method: "GET",
  requestUri: "/blog/index.php/p%C3%A9?a=%20b",
  queryString: "a=%20b",
  protocol: "HTTP/1.1",
  scheme: "http",
  serverName: "example.org",
  serverPort: 8080,
  serverAddress: "10.0.0.1",
  remoteAddress: "192.0.2.7",
  remotePort: 51_234,
  scriptName: "/blog/index.php",
  scriptFilename: "/srv/www/blog/index.php",
  pathInfo: "/p\xc3\xa9",
  documentRoot: "/srv/www",
  rawHeaders: ["Host", "example.org:8080"],
};

/** All pairs in wire order, each a name and a value: duplicates show. */
export function pairsOf(description: Partial<RequestDescription>, fixed?: StaticMetaVariables): [string, string][] {
  const params = new ParamList(fixed?.encoded);
  addMetaVariables(params, { ...REQUEST, ...description }, fixed);
  const bytes = encodeNameValues(params);
  const pairs: [string, string][] = [];
  readPairs(bytes, (nameStart, nameEnd, valueEnd) => {
    pairs.push([readLatin1(bytes, nameStart, nameEnd), readLatin1(bytes, nameEnd, valueEnd)]);
  });
  return pairs;
}

/** The variables that go out, each of which must be there once. */
export function variablesOf(
  description: Partial<RequestDescription>,
  fixed?: StaticMetaVariables,
): Record<string, string> {
  const pairs = pairsOf(description, fixed);
  expect(new Set(pairs.map(([name]) => name)).size, "each name once").toBe(pairs.length);
  return Object.fromEntries(pairs);
}

/** The variables that come from headers, given as lines. */
export function httpOf(...lines: string[]): Record<string, string> {
  const all = variablesOf({ rawHeaders: fields(...lines) });
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name.startsWith("HTTP_") || name === "CONTENT_TYPE"),
  );
}
