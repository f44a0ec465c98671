import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { HEAD, application } from "../support/application.ts";
import { type Asked, ask } from "../support/memory-exchange.ts";

type Params = Readonly<Record<string, string | undefined>>;

async function params(trustProxy: ProxyConfig["trustProxy"], asked: Asked): Promise<Params> {
  const { gateway, backend } = await application((request) => request.end(HEAD), { config: { trustProxy } });
  const got = await ask(gateway, "/", asked);
  expect(got.status).toBe(200);
  return backend.requests[0]?.params as Params;
}

const PEER = { address: "10.0.0.9", port: 5_000 };

describe("a stranger in front", () => {
  test("[TE09] his X-Forwarded-For is his own address, and nothing else of the kind arrives", async () => {
    const got = await params(undefined, {
      remote: PEER,
      headers: [
        ...[
          "X-Forwarded-For",
          "1.2.3.4",
          "x-forwarded-proto",
          "https",
          "X-Forwarded-Host",
          "evil",
          "X-Real-IP",
          "1.2.3.4",
        ],
        ...["Forwarded", "for=1.2.3.4", "X-Forwarded-Port", "1", "X-Forwarded-Prefix", "/x", "X-Forwarded-Ssl", "on"],
      ],
    });
    expect(got).toMatchObject({ REMOTE_ADDR: "10.0.0.9", REMOTE_PORT: "5000", REQUEST_SCHEME: "http" });
    expect(got["HTTP_X_FORWARDED_FOR"]).toBe("10.0.0.9");
    expect(got["HTTPS"]).toBeUndefined();
    expect(Object.keys(got).filter((name) => /FORWARDED|REAL/.test(name))).toEqual(["HTTP_X_FORWARDED_FOR"]);
    expect(got).toMatchObject({ HTTP_HOST: "localhost", SERVER_NAME: "localhost" });
  });

  test("[TE09] without the header, none is made", async () => {
    const got = await params(undefined, { remote: PEER, headers: ["X-Real-IP", "1.2.3.4"] });
    expect(Object.keys(got).filter((name) => /FORWARDED|REAL/.test(name))).toEqual([]);
  });
});

describe("a proxy that is trusted", () => {
  const trust = ["10.0.0.0/8", "::1"];
  test.each<[string, string[], string, string | undefined]>([
    ["one hop", ["9.9.9.9"], "9.9.9.9", undefined],
    ["a client's invention before it", ["evil, 9.9.9.9"], "9.9.9.9", undefined],
    ["another's address before it", ["1.1.1.1, 9.9.9.9"], "9.9.9.9", undefined],
    ["proxies of ours in between", ["9.9.9.9, 10.0.0.3,10.0.0.4"], "9.9.9.9", undefined],
    ["two lines", ["9.9.9.9", "10.0.0.4"], "9.9.9.9", undefined],
    ["all of ours", ["10.0.0.3, 10.0.0.4"], "10.0.0.3", undefined],
    ["unknown", ["9.9.9.9, unknown"], "10.0.0.9", "5000"],
    ["junk after a proxy of ours", ["9.9.9.9, junk, 10.0.0.4"], "10.0.0.4", undefined],
    ["an empty line", [""], "10.0.0.9", "5000"],
    ["IPv6 with a port", ['"[2001:db8::1]:80"'], "2001:db8::1", "80"],
    ["IPv6 alone", ["2001:db8::1"], "2001:db8::1", undefined],
    ["IPv4 with a port", ["9.9.9.9:81"], "9.9.9.9", "81"],
    ["IPv4 written as IPv6", ["9.9.9.9, ::ffff:10.0.0.1"], "9.9.9.9", undefined],
    [
      "ten thousand hops",
      [`9.9.9.9, ${Array.from({ length: 1_000 }, () => "10.1.1.1").join(",")}`],
      "10.1.1.1",
      undefined,
    ],
  ])("[TE10] %s", async (_title, lines, address, port) => {
    const headers = lines.flatMap((line) => ["X-Forwarded-For", line]);
    const got = await params(trust, { remote: PEER, headers });
    expect([got["REMOTE_ADDR"], got["REMOTE_PORT"]]).toEqual([address, port]);
    expect(got["HTTP_X_FORWARDED_FOR"]).toBe(lines.join(", "));
  });

  test("says how and what the client asked", async () => {
    const got = await params(trust, {
      remote: PEER,
      headers: ["X-Forwarded-For", "9.9.9.9", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "Shop.example"],
    });
    expect(got).toMatchObject({
      ...{ HTTPS: "on", REQUEST_SCHEME: "https", SERVER_PORT: "443", SERVER_NAME: "shop.example" },
      ...{ HTTP_HOST: "shop.example", HTTP_X_FORWARDED_PROTO: "https" },
    });
    const port = await params(trust, {
      remote: PEER,
      headers: ["X-Forwarded-Port", "8443", "X-Forwarded-Proto", "junk"],
    });
    expect(port).toMatchObject({ SERVER_PORT: "8443", REQUEST_SCHEME: "http" });
  });

  test("decides about routes by what the client asked", async () => {
    const { gateway } = await application((request) => request.end(HEAD), {
      config: {
        trustProxy: trust,
        routes: [
          { match: { host: "shop.example", scheme: "https" }, respond: { body: "shop" } },
          { respond: { body: "other" } },
        ],
      },
    });
    const headers = ["X-Forwarded-Host", "shop.example", "X-Forwarded-Proto", "https"];
    expect((await ask(gateway, "/", { remote: PEER, headers })).text).toBe("shop");
    expect((await ask(gateway, "/", { headers })).text).toBe("other");
  });

  test("writes one of the two headers, and the other is a client's", async () => {
    const headers = [
      "X-Forwarded-For",
      "9.9.9.9",
      "Forwarded",
      'for="[2001:db8::1]:80";proto=https;host="a.example:444"',
    ];
    const usual = await params(trust, { remote: PEER, headers });
    expect([usual["REMOTE_ADDR"], usual["HTTP_FORWARDED"]]).toEqual(["9.9.9.9", undefined]);
    const standard = await params({ addresses: trust, header: "forwarded" }, { remote: PEER, headers });
    expect(standard).toMatchObject({ REMOTE_ADDR: "2001:db8::1", REMOTE_PORT: "80", HTTPS: "on", SERVER_PORT: "444" });
    expect(standard["HTTP_X_FORWARDED_FOR"]).toBeUndefined();
  });

  test("[TE11] a UNIX socket is trusted when it is named", async () => {
    const asked = { remote: { address: undefined, port: undefined }, headers: ["X-Forwarded-For", "9.9.9.9"] };
    const known = await params(["unix:"], asked);
    expect([known["REMOTE_ADDR"], known["HTTP_X_FORWARDED_FOR"]]).toEqual(["9.9.9.9", "9.9.9.9"]);
    const strange = await params(["127.0.0.1", "0.0.0.0/0"], asked);
    expect([strange["REMOTE_ADDR"], strange["HTTP_X_FORWARDED_FOR"]]).toEqual(["unix:", undefined]);
  });
});
