import { FastCGIError } from "@x/protocol/errors";
import { expect, test } from "vitest";

import { describeFailure } from "../../src/cli/failure.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

const program = { name: "x-proxy", serve: "x-proxy serve" };
const npm = { name: "npm start --", serve: "npm start --" };

function taken(address: string, code: string): FastCGIError {
  return new FastCGIError("FCGI_ERR_LISTEN", "cannot listen.", {
    address,
    cause: Object.assign(new Error(code), { code }),
  });
}

test("the user's mistakes are 2", () => {
  expect(describeFailure(new UsageError("no such option."), program)).toMatchObject({
    exitCode: 2,
    message: "no such option.",
  });
  expect(describeFailure(new FastCGIError("FCGI_ERR_CONFIG", "routes is missing."), program)).toMatchObject({
    exitCode: 2,
    message: "routes is missing.",
  });
});

test.runIf(process.platform === "linux")("a port that is taken: what to look for, and what to type instead", () => {
  expect(describeFailure(taken("127.0.0.1:8080", "EADDRINUSE"), program)).toEqual({
    exitCode: 1,
    code: "FCGI_ERR_LISTEN",
    message:
      "another program listens on 127.0.0.1:8080 already: find it with `ss -ltnp 'sport = :8080'`, or choose another port: x-proxy serve --listen 127.0.0.1:8081",
  });
  expect(describeFailure(taken("[::1]:8080", "EADDRINUSE"), npm).message).toMatch(
    /choose another port: npm start -- --listen \[::1\]:8081$/,
  );
  expect(describeFailure(taken(":65535", "EADDRINUSE"), program).message).toMatch(/--listen :8080$/);
});

test("no permission, and no such address", () => {
  expect(describeFailure(taken("0.0.0.0:80", "EACCES"), program)).toMatchObject({
    exitCode: 1,
    message:
      "this user may not listen on 0.0.0.0:80, since ports below 1024 are root's: choose another port: x-proxy serve --listen 0.0.0.0:8080",
  });
  expect(describeFailure(taken("192.0.2.1:80", "EADDRNOTAVAIL"), program).message).toBe(
    "this machine has no address 192.0.2.1: listen on one that it has: x-proxy serve --listen 127.0.0.1:80",
  );
});

test("what has no advice of its own keeps its sentence", () => {
  expect(describeFailure(taken("unix:/run/site.sock", "EADDRINUSE"), program)).toMatchObject({
    exitCode: 1,
    message: "cannot listen.",
  });
  expect(describeFailure(new TypeError("a bug"), program)).toMatchObject({
    exitCode: 1,
    code: "UNEXPECTED",
    message: expect.stringContaining("a bug") as string,
  });
});
