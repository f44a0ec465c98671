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
    expect(line).toContain('"GET /\\x22\\x0A HTTP/1.1"');
    expect(line).toContain('"a\\x22 200 1\\x5C \\x1B[2J\\x0A127.0.0.1 - - \\xE4"');
    expect(line).toContain(" - x\\x20y\\x0A [");
    expect(formatAccess(record("/", asked), "json", NOW)).not.toContain("\n");
  });
});
