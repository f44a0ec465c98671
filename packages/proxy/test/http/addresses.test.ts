import { expect, test } from "vitest";

import { AddressSet, flawOfAddress } from "../../src/http/addresses.ts";

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
