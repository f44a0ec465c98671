import { expect, test, vi } from "vitest";

import { FastCGIError, isFastCGIError } from "../src/errors.ts";

test("an error tells code, message, cause and what is known", () => {
  const cause = new Error("below");
  const error = new FastCGIError("FCGI_ERR_CONNECT", "Nobody there.", {
    cause,
    address: "unix:/run/app.sock",
    phase: "connect",
    requestId: 3,
    stderr: "tail",
    appStatus: 1,
    protocolStatus: 2,
  });
  expect(error).toBeInstanceOf(Error);
  expect(`${error}`).toBe("FastCGIError: Nobody there.");
  expect(error).toMatchObject({
    code: "FCGI_ERR_CONNECT",
    cause,
    address: "unix:/run/app.sock",
    phase: "connect",
    requestId: 3,
    stderr: "tail",
    appStatus: 1,
    protocolStatus: 2,
  });
  expect("cause" in new FastCGIError("FCGI_ERR_CONNECT", "")).toBe(false);
});

test("isFastCGIError tells the family, and the code when one is asked for", () => {
  const error: unknown = new FastCGIError("FCGI_ERR_CLOSED", "");
  expect(isFastCGIError(error)).toBe(true);
  expect(isFastCGIError(error, "FCGI_ERR_CLOSED")).toBe(true);
  expect(isFastCGIError(error, "FCGI_ERR_CONNECT")).toBe(false);
  for (const other of [new Error("x"), { code: "FCGI_ERR_CLOSED" }, "FCGI_ERR_CLOSED", null, undefined, 0]) {
    expect(isFastCGIError(other)).toBe(false);
  }
});

test("the error of another copy of the package is recognised", async () => {
  vi.resetModules();
  const copy = await import("../src/errors.ts");
  expect(copy.FastCGIError).not.toBe(FastCGIError);
  const error: unknown = new copy.FastCGIError("FCGI_ERR_CLOSED", "");
  expect(error).toBeInstanceOf(FastCGIError);
  expect(isFastCGIError(error, "FCGI_ERR_CLOSED")).toBe(true);
});

test("a subclass recognises its own objects only", () => {
  class Special extends FastCGIError {}
  expect(new FastCGIError("FCGI_ERR_CLOSED", "")).not.toBeInstanceOf(Special);
  expect(new Special("FCGI_ERR_CLOSED", "")).toBeInstanceOf(Special);
  expect(new Special("FCGI_ERR_CLOSED", "")).toBeInstanceOf(FastCGIError);
});

test("from keeps an error of the family and fills in only what it lacks", () => {
  const error = new FastCGIError("FCGI_ERR_SOCKET", "Gone.", { address: "fd:0" });
  const options = {
    address: "tcp://h:1",
    phase: "send",
    requestId: 1,
    stderr: "s",
    appStatus: 2,
    protocolStatus: 3,
  } as const;
  expect(FastCGIError.from(error, "FCGI_ERR_CONNECT", options)).toBe(error);
  expect(error).toMatchObject({ ...options, address: "fd:0", code: "FCGI_ERR_SOCKET", message: "Gone." });
});

test("from wraps anything else as the cause", () => {
  const cause = new TypeError("odd");
  expect(FastCGIError.from(cause, "FCGI_ERR_SOCKET")).toMatchObject({ code: "FCGI_ERR_SOCKET", message: "odd", cause });
  expect(FastCGIError.from("text", "FCGI_ERR_SOCKET", { message: "said" })).toMatchObject({
    message: "said",
    cause: "text",
  });
  expect(FastCGIError.from(undefined, "FCGI_ERR_SOCKET").message).toBe("undefined");
});
