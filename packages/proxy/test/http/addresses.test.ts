import { expect, test } from "vitest";

import { AddressSet, clientNetwork, flawOfAddress } from "../../src/http/addresses.ts";

test.each<[string[], string | undefined, boolean]>([
  [["10.0.0.0/8"], "10.1.2.3", true],
  [["10.0.0.0/8"], "::ffff:10.1.2.3", true],
  [["10.0.0.0/8"], "11.0.0.1", false],
  [["10.0.0.1"], "10.0.0.1", true],
  [["2001:db8::/32"], "2001:db8::1", true],
  [["fe80::/10"], "fe80::1%eth0", true],
  [["loopback"], "::1", true],
  [["private"], "192.168.1.1", true],
  [["private"], "8.8.8.8", false],
  [["all"], "8.8.8.8", true],
  [["all"], undefined, true],
  [["unix:"], undefined, true],
  [["unix:"], "127.0.0.1", false],
  [["0.0.0.0/0"], undefined, false],
  [[], "127.0.0.1", false],
  [["loopback"], "junk", false],
])("%j has %s: %s", (written, address, expected) => {
  expect(new AddressSet(written).has(address)).toBe(expected);
});

test.each(["10.0.0.0/33", "::/129", "10.0.0", "localhost", "", "unix", "1.2.3.4/", "toString"])(
  "%j is no address",
  (text) => {
    expect(flawOfAddress(text)).toContain("must be an address");
  },
);

test.each(["10.0.0.0/0", "::1", "::/0", "unix:", "loopback", "private", "all"])("%s is fine", (text) => {
  expect(flawOfAddress(text)).toBeUndefined();
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:2::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["1::2:3:4:5:192.0.2.1", "1:0:2:3::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
])("%s stands for %s", (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
