import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { formatAccess } from "../../src/access-log/format.ts";
import type { AccessRecord } from "../../src/access-log/logged-response.ts";
import { type Asked, MemoryExchange } from "../support/memory-exchange.ts";

const NOW = Date.UTC(2026, 9, 10, 13, 55, 36);

function record(target: string, asked: Asked = {}, more: Partial<AccessRecord> = {}): AccessRecord {
  const request = new MemoryExchange(target, asked);
  const served = {
    id: "id1",
    client: "192.0.2.7",
    scheme: "http",
    host: "a.example",
    user: undefined,
    upstream: "php",
  } as const;
  return { request, served, status: 200, bytes: 12, complete: true, duration: 1.23456, ...more };
}

describe("lines", () => {
  test("common and combined, as Apache and nginx write them", () => {
    const asked = { headers: ["Referer", "http://r.example/", "User-Agent", "curl/8"] };
    const common = /^192\.0\.2\.7 - - \[\d\d\/Oct\/2026:\d\d:\d\d:36 [+-]\d{4}\] "GET \/a\?b HTTP\/1\.1" 200 12/;
    expect(formatAccess(record("/a?b", asked), "common", NOW)).toMatch(new RegExp(`${common.source}$`));
    expect(formatAccess(record("/a?b", asked), "combined", NOW)).toMatch(
      new RegExp(`${common.source} "http://r\\.example/" "curl/8"$`),
    );
  });

  test("no bytes are a dash, and every escape is Apache's", () => {
    const asked = { headers: ["Referer", "", "User-Agent", '\b\n\r\t\v\f\0\u007f"\\\u00ff'] };
    const line = formatAccess(record("/", asked, { bytes: 0 }), "combined", NOW);
    expect(line.slice(line.indexOf('" 200'))).toBe(String.raw`" 200 - "" "\b\n\r\t\v\x0c\x00\x7f\"\\\xff"`);
  });

  test("docs/access-log.md has each field of JSON", () => {
    const asked = { method: "POST", headers: ["Referer", "r", "User-Agent", "u"] };
    const served = { ...record("/").served, user: "jo" } as AccessRecord["served"];
    const fields = Object.keys(JSON.parse(formatAccess(record("/", asked, { served }), "json", NOW)) as object);
    const page = readFileSync(new URL("../../docs/access-log.md", import.meta.url), "utf8").split("## JSON")[1] ?? "";
    expect([...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)).toEqual(fields);
  });

  test("JSON", () => {
    const served = {
      id: "i",
      client: undefined,
      scheme: "https",
      host: "h",
      user: "j\xc3\xbc",
      upstream: undefined,
    } as const;
    const line = formatAccess(record("/a", { method: "POST" }, { served, complete: false }), "json", NOW);
    expect(JSON.parse(line)).toEqual({
      ...{ time: "2026-10-10T13:55:36.000Z", id: "i", client: "unix:", user: "jü", method: "POST", scheme: "https" },
      ...{ host: "h", target: "/a", protocol: "HTTP/1.1", status: 200, bytes: 12, complete: false, duration: 1.235 },
    });
  });

  test("a request whose head could not be read", () => {
    const line = formatAccess(record("/%00", {}, { served: undefined, status: 400 }), "combined", NOW);
    expect(line).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \/%00 HTTP\/1\.1" 400 12 "-" "-"$/);
  });

  test("[TI11] nothing that a stranger sends ends a field or a line", () => {
    const asked = { headers: ["User-Agent", 'a" 200 1\\ \u001b[2J\n127.0.0.1 - - \xe4'] };
    const served = { ...record("/").served, user: "x y\n" } as AccessRecord["served"];
    const line = formatAccess(record('/"\n', asked, { served }), "combined", NOW);
    expect(line).toContain(String.raw`"GET /\"\n HTTP/1.1"`);
    expect(line).toContain(String.raw`"a\" 200 1\\ \x1b[2J\n127.0.0.1 - - \xe4"`);
    expect(line).toContain(String.raw` - x\x20y\n [`);
    expect(formatAccess(record("/", asked), "json", NOW)).not.toContain("\n");
  });
});
