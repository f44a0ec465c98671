import { describe, expect, test } from "vitest";

import { fields } from "./heads.ts";
import { httpOf, variablesOf } from "./variables.ts";

describe("headers", () => {
  test("[C30] are upper-case, with _ for -", () => {
    expect(httpOf("accept: */*", "X-Forwarded-For: ::1", "Authorization: Basic eA==")).toEqual({
      HTTP_ACCEPT: "*/*",
      HTTP_X_FORWARDED_FOR: "::1",
      HTTP_AUTHORIZATION: "Basic eA==",
    });
  });

  test("[C30] [TE13] of one name are joined by a comma, cookies by a semicolon, in their order", () => {
    expect(
      httpOf("Accept: a", "Cookie: a=1", "ACCEPT: b", "X:", "cookie: b=2", "accept: c", "x: y", "Cookie: c=3"),
    ).toEqual({ HTTP_ACCEPT: "a, b, c", HTTP_COOKIE: "a=1; b=2; c=3", HTTP_X: ", y" });
  });

  test("[C30] so are they among very many", () => {
    const many = Array.from({ length: 500 }, (_, index) => `X-${index % 100}: ${index}`);
    expect(httpOf(...many)).toMatchObject({ HTTP_X_0: "0, 100, 200, 300, 400", HTTP_X_99: "99, 199, 299, 399, 499" });
  });

  test("[TE17] with an empty value are there", () => {
    expect(httpOf("X-Empty:")).toEqual({ HTTP_X_EMPTY: "" });
  });

  test("[TE14] keep their bytes", () => {
    expect(httpOf("X: \x80\xff\xe9")).toEqual({ HTTP_X: "\x80\xff\xe9" });
  });

  test("[TE01] [TE02] [TE03] [V23] with names that alias are dropped, never merged", () => {
    expect(httpOf("X_A: 1", "X.A: 2", "X-A: 3", "X A: 4", "Remote.User: 5", "X-Forwarded_For: 6")).toEqual({
      HTTP_X_A: "3",
    });
  });

  test.each([
    ["[TE04]", "Proxy: http://evil"],
    ["[TE04]", "pRoXy: http://evil"],
    ["[TE05]", "Redirect-Status: 200"],
    ["[TE05]", "Https: on"],
    ["[TE07]", "TE: trailers"],
    ["[TE07]", "Trailer: X"],
    ["[TE07]", "Keep-Alive: 5"],
    ["[TE07]", "Upgrade: h2c"],
    ["[TE07]", "Proxy-Connection: close"],
    ["[TE07]", "Proxy-Authorization: Basic x"],
    ["[TE07]", "HTTP2-Settings: AAA"],
    ["[TE07]", "Transfer-Encoding: chunked"],
    ["[TE07]", "Connection: keep-alive"],
    ["[TE20]", "PHP_VALUE: a=b"],
    ["[TE20]", "SCRIPT_FILENAME: /etc/passwd"],
  ])("%s %s is not for the application", (_id, line) => {
    expect(httpOf(line, "Accept: a")).toEqual({ HTTP_ACCEPT: "a" });
  });

  test.each(["a\rb", "a\nb", "a\r\nX: y", "a\0b"])("[V27] with the value %j are refused", (value) => {
    for (const name of ["X", "Content-Type", "Cookie"]) {
      expect(() => httpOf(`${name}: ${value}`)).toThrow(
        expect.objectContaining({ code: "FCGI_ERR_INVALID_ARGUMENT", message: expect.stringContaining(name) }),
      );
    }
  });

  test("[TE06] that Connection names are left out, wherever it stands", () => {
    const lines = ["X-Forwarded-For: a", "X-Real-IP: b", "X-Other: c"];
    for (const connection of [
      "Connection: X-Forwarded-For, x-real-ip",
      "connection: close ,x-REAL-ip,X-Forwarded-For,,",
      "CONNECTION: X-Real-IP\t,\tX-Forwarded-For",
    ]) {
      expect(httpOf(connection, ...lines)).toEqual({ HTTP_X_OTHER: "c" });
      expect(httpOf(...lines, connection)).toEqual({ HTTP_X_OTHER: "c" });
    }
    expect(httpOf(...lines, "Connection: X-Real-IP", "Connection: X-Forwarded-For")).toEqual({ HTTP_X_OTHER: "c" });
    expect(httpOf(...lines, "Connection: keep-alive")).toHaveProperty("HTTP_X_REAL_IP");
  });

  test("[TE06] Host, Cookie, Authorization and Content-Length stay whatever Connection names", () => {
    const rawHeaders = fields(
      "Connection: Host, Cookie, Authorization, Content-Length, Content-Type, Connection, X_A, close",
      "Host: h",
      "Cookie: c",
      "Authorization: a",
      "Content-Length: 3",
      "Content-Type: t",
    );
    expect(variablesOf({ contentLength: 3, rawHeaders })).toMatchObject({
      HTTP_HOST: "h",
      HTTP_COOKIE: "c",
      HTTP_AUTHORIZATION: "a",
      CONTENT_LENGTH: "3",
      CONTENT_TYPE: "t",
    });
  });
});
