import { describe, expect, test } from "vitest";

import { AllowedPeers, allowedPeersFrom, isLoopback } from "../src/allowed-peers.ts";

describe("AllowedPeers", () => {
  const peers = new AllowedPeers(["10.0.0.5", " 192.168.4.0/22", "fd00::/8", "2001:db8::1"], "test");

  test.for(["10.0.0.5", "192.168.4.0", "192.168.7.255", "fd12::1", "2001:db8::1", "2001:DB8:0:0::1"])(
    "[P4] lets %s in",
    (address) => expect(peers.allows(address)).toBe(true),
  );

  test.for(["10.0.0.6", "192.168.8.0", "127.0.0.1", "::1", "fe80::1", "2001:db8::2", "", "nonsense"])(
    "[P4] keeps %o out",
    (address) => expect(peers.allows(address)).toBe(false),
  );

  test("[P4] keeps a peer without an address out: it is no TCP peer", () => {
    expect(peers.allows(undefined)).toBe(false);
  });

  test("[P5] knows an IPv4 address in IPv6 clothes", () => {
    expect(peers.allows("::ffff:10.0.0.5")).toBe(true);
    expect(peers.allows("::FFFF:10.0.0.6")).toBe(false);
  });

  test.for([
    "",
    "10.0.0",
    "10.0.0.5/33",
    "10.0.0.5/",
    "10.0.0.5/8/8",
    "10.0.0.5/-1",
    "fd00::/129",
    "localhost",
    "10.0.0.5;",
  ])("[P5] reports the entry %o instead of taking it for anything", (entry) => {
    expect(() => new AllowedPeers(["10.0.0.1", entry], "FCGI_WEB_SERVER_ADDRS")).toThrow(
      expect.objectContaining({
        code: "FCGI_ERR_LISTEN",
        message: expect.stringContaining(`FCGI_WEB_SERVER_ADDRS has ${JSON.stringify(entry)}`) as string,
      }),
    );
  });
});

describe("allowedPeersFrom", () => {
  test("[P4] reads FCGI_WEB_SERVER_ADDRS", () => {
    const peers = allowedPeersFrom(undefined, { FCGI_WEB_SERVER_ADDRS: "199.170.183.28, 199.170.183.71" });
    expect(peers?.allows("199.170.183.71")).toBe(true);
    expect(peers?.allows("199.170.183.72")).toBe(false);
  });

  test("the option goes before the variable", () => {
    const peers = allowedPeersFrom(["10.0.0.1"], { FCGI_WEB_SERVER_ADDRS: "10.0.0.2" });
    expect(peers?.allows("10.0.0.1")).toBe(true);
    expect(peers?.allows("10.0.0.2")).toBe(false);
  });

  test("without either there is no list", () => {
    expect(allowedPeersFrom(undefined, {})).toBeUndefined();
  });

  test("[P5] an empty list is reported", () => {
    expect(() => allowedPeersFrom(undefined, { FCGI_WEB_SERVER_ADDRS: " " })).toThrow("FCGI_WEB_SERVER_ADDRS is empty");
    expect(() => allowedPeersFrom([], {})).toThrow("allowedPeers is empty");
  });
});

test.for([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["128.0.0.1", false],
] as const)("[V26] isLoopback(%s) is %s", ([address, expected]) => {
  expect(isLoopback(address)).toBe(expected);
});
