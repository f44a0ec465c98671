import { parseAddress } from "@x/protocol/address";
import { expect, test } from "vitest";

import { connectError, connectTimeoutError } from "../src/connect-error.ts";

test.for([
  ["unix:/run/a.sock", "ENOENT", "the socket file does not exist; start the application, or correct the path."],
  ["unix:/run/a.sock", "ECONNREFUSED", "nothing listens on this socket; start the application"],
  ["unix:@a", "ECONNREFUSED", "nothing listens there; start the application, or correct the address."],
  ["tcp://app:9000", "ECONNREFUSED", "nothing listens there; start the application, or correct the address."],
  [
    "unix:/run/a.sock",
    "EACCES",
    "give it read and write permission (PHP-FPM: listen.owner, listen.group, listen.mode)",
  ],
  ["tcp://app:9000", "ENOTFOUND", "the host name cannot be resolved"],
  ["tcp://app:9000", "EAI_AGAIN", "the host name cannot be resolved"],
  ["tcp://app:9000", "EHOSTUNREACH", "there is no route to the host"],
  ["tcp://app:9000", "ETIMEDOUT", "the host does not answer"],
  ["tcp://app:9000", "EMFILE", "too many files are open"],
  ["tcp://app:9000", "EADDRNOTAVAIL", "no local port is free"],
  ["unix:/run/a.sock", "EPROTOTYPE", "this is not a stream socket"],
  ["unix:/run/a.sock", "EWHATEVER", "what the system said"],
] as const)("%s: %s", ([address, systemCode, sentence]) => {
  const cause = Object.assign(new Error("what the system said"), { code: systemCode });
  const error = connectError(parseAddress(address), cause);
  expect(error).toMatchObject({ code: "FCGI_ERR_CONNECT", phase: "connect", address, cause });
  expect(error.message).toMatch(`Cannot connect to ${address}: `);
  expect(error.message).toContain(sentence);
});

test("a timeout says whether the application was busy or silent", () => {
  const address = parseAddress("unix:/run/a.sock");
  expect(connectTimeoutError(address, 2_000, true, undefined).message).toContain(
    "within 2000 ms: the application does",
  );
  expect(connectTimeoutError(address, 2_000, false, undefined).message).toContain("it does not answer");
});
