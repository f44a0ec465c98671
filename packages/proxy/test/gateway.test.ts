import { describe, expect, test } from "vitest";

import { createGateway } from "../src/gateway.ts";
import { HEAD, application, serve } from "./support/application.ts";
import { MemoryExchange, ask } from "./support/memory-exchange.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

describe("a request", () => {
  test("reaches the application with its variables, and the answer comes back", async () => {
    const { gateway, backend } = await application((request) => request.end(`Status: 201 Made\r\n${HEAD}hello`), {
      route: { params: { APP_ENV: "prod" } },
    });
    const answer = await ask(gateway, "/a%20b/c?x=%31", {
      headers: ["User-Agent", "t", "X-A", "1", "X-A", "2", "Authorization", "Basic eA=="],
      host: "Example.org:81",
    });
    expect(answer).toMatchObject({
      status: 201,
      statusText: "Made",
      headers: ["Content-Type", "text/plain"],
      text: "hello",
      outcome: "complete",
    });
    expect(backend.requests[0]?.params).toEqual({
      APP_ENV: "prod",
      GATEWAY_INTERFACE: "CGI/1.1",
      SERVER_SOFTWARE: "x-proxy",
      REDIRECT_STATUS: "200",
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/a%20b/c?x=%31",
      QUERY_STRING: "x=%31",
      SERVER_PROTOCOL: "HTTP/1.1",
      REQUEST_SCHEME: "http",
      SERVER_NAME: "example.org",
      SERVER_PORT: "8080",
      SERVER_ADDR: "127.0.0.1",
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_PORT: "40000",
      SCRIPT_NAME: "",
      PATH_INFO: "/a b/c",
      DOCUMENT_URI: "/a b/c",
      HTTP_HOST: "Example.org:81",
      HTTP_USER_AGENT: "t",
      HTTP_X_A: "1, 2",
      HTTP_AUTHORIZATION: "Basic eA==",
    });
  });

  test("[TC17] REQUEST_URI and QUERY_STRING are the bytes that came", async () => {
    const { gateway, backend } = await application((request) => request.end(HEAD));
    const target = "//a/./b/..//%7e%41?q=%2e%2E&r=%";
    await ask(gateway, target);
    expect(backend.requests[0]?.params).toMatchObject({
      REQUEST_URI: target,
      QUERY_STRING: "q=%2e%2E&r=%",
      PATH_INFO: "/a/~A",
    });
  });

  test("[TE16] configured params win, and stand once", async () => {
    const { gateway, backend } = await application((request) => request.end(HEAD), {
      route: { params: { HTTP_X_A: "ours", SERVER_NAME: "ours", UMLAUT: "ä" } },
    });
    await ask(gateway, "/", { headers: ["X-A", "theirs"] });
    expect(backend.requests[0]?.params).toMatchObject({ HTTP_X_A: "ours", SERVER_NAME: "ours", UMLAUT: "\xc3\xa4" });
  });

  test.each<[string, string[], string[]]>([
    [
      "[TE01] names with other characters",
      ["X_Forwarded_For", "1", "Transfer_Encoding", "chunked", "Remote.User", "a"],
      ["HTTP_X_FORWARDED_FOR", "HTTP_TRANSFER_ENCODING", "HTTP_REMOTE_USER", "HTTP_REMOTE.USER"],
    ],
    ["[TE04] Proxy", ["Proxy", "http://evil"], ["HTTP_PROXY"]],
    [
      "[TE05] Redirect-Status and Https",
      ["Redirect-Status", "200", "Https", "on"],
      ["HTTP_REDIRECT_STATUS", "HTTP_HTTPS", "HTTPS"],
    ],
    [
      "[TE06] what Connection names",
      ["Connection", "X-Real-IP", "X-Real-IP", "1"],
      ["HTTP_X_REAL_IP", "HTTP_CONNECTION"],
    ],
    [
      "[TE07] hop-by-hop headers",
      ["TE", "trailers", "Upgrade", "h2c", "Keep-Alive", "1", "HTTP2-Settings", "x"],
      ["HTTP_TE", "HTTP_UPGRADE", "HTTP_KEEP_ALIVE", "HTTP_HTTP2_SETTINGS"],
    ],
  ])("%s become no variables", async (_title, headers, absent) => {
    const { gateway, backend } = await application((request) => request.end(HEAD));
    await ask(gateway, "/", { headers });
    for (const name of absent) expect(backend.requests[0]?.params).not.toHaveProperty([name]);
  });

  test("[TE14] bytes of a header value stay as they are", async () => {
    const { gateway, backend } = await application((request) => request.end(HEAD));
    await ask(gateway, "/", { headers: ["X-A", "\x80\xe4\xff"] });
    expect(backend.requests[0]?.params["HTTP_X_A"]).toBe("\x80\xe4\xff");
  });

  test("over a UNIX socket has no address", async () => {
    const { gateway, backend } = await application((request) => request.end(HEAD));
    const nowhere = { address: undefined, port: undefined };
    await ask(gateway, "/", { remote: nowhere, local: nowhere, scheme: "https", host: "a:444" });
    expect(backend.requests[0]?.params).toMatchObject({ REMOTE_ADDR: "unix:", SERVER_PORT: "444", HTTPS: "on" });
    expect(backend.requests[0]?.params).not.toHaveProperty("SERVER_ADDR");
  });
});

describe("a refused request never reaches the application", () => {
  test.each<[string, string, ConstructorParameters<typeof MemoryExchange>[1], number]>([
    ["[TC09] a NUL in the path", "/a%00", {}, 400],
    ["[TC01] two Host lines", "/", { headers: ["Host", "localhost"] }, 400],
    ["[TA26] TRACE", "/", { method: "TRACE" }, 405],
    ["[TA09] gzip, chunked", "/", { headers: ["Transfer-Encoding", "gzip, chunked"] }, 501],
    ["[TA29] a long target", `/${"x".repeat(8_192)}`, {}, 414],
    ["[TA29] many header lines", "/", { headers: Array.from({ length: 202 }, () => "x") }, 431],
    ["[TE15] a header too large for a record", "/", { headers: ["X-A", "x".repeat(65_530)] }, 431],
    ["a body over the limit, announced", "/", { method: "POST", headers: ["Content-Length", "101"] }, 413],
    [
      "a body over the limit, not announced",
      "/",
      { method: "POST", headers: ["Transfer-Encoding", "chunked"], body: ["x".repeat(60), "x".repeat(41)] },
      413,
    ],
    [
      "[TA21] an unwanted body that waits to be asked for",
      "/",
      { method: "POST", headers: ["Content-Length", "101", "Expect", "100-continue"] },
      413,
    ],
    ["[TA22] an unknown expectation", "/", { method: "POST", headers: ["Content-Length", "1", "Expect", "x"] }, 417],
    [
      "[f22] a body that breaks off",
      "/",
      { method: "POST", headers: ["Content-Length", "5"], body: ["abc", new Error("gone")] },
      400,
    ],
    [
      "[TB09] a body shorter than announced",
      "/",
      { method: "POST", headers: ["Content-Length", "5"], body: ["abc"] },
      400,
    ],
  ])("%s", async (_title, target, asked, status) => {
    const { gateway, backend } = await application((request) => request.end(HEAD), {
      config: { limits: { body: 100, headerBytes: 100_000 } },
    });
    const answer = await ask(gateway, target, asked);
    expect(answer.status).toBe(status);
    expect(answer.hints).toEqual([]);
    expect(answer.text).toContain(`${status} `);
    expect(backend.connections).toBe(0);
    expect(gateway.stats()).toMatchObject({ active: 0, requests: 1 });
  });

  test("[TC07] OPTIONS * is answered here", async () => {
    const { gateway, backend } = await application((request) => request.end(HEAD));
    expect(await ask(gateway, "*", { method: "OPTIONS" })).toMatchObject({ status: 204, outcome: "complete" });
    expect(backend.connections).toBe(0);
  });

  test("no route is 404", async () => {
    const gateway = serve({ root: temporaryFolder(), routes: [{ match: "/x", static: true }] });
    expect(await ask(gateway, "/y")).toMatchObject({ status: 404 });
  });
});

describe("the end", () => {
  test("close lets what runs finish, and refuses what comes", async () => {
    const { gateway, backend } = await application(() => {});
    const running = new MemoryExchange("/");
    gateway.dispatch(running, running);
    const request = await backend.request(0);
    const closed = gateway.close();
    expect(await ask(gateway, "/")).toMatchObject({ status: 503 });
    request.end(`${HEAD}done`);
    expect(await running.over()).toMatchObject({ status: 200, text: "done" });
    await closed;
  });

  test("destroy ends all", async () => {
    const { gateway, backend } = await application(() => {});
    const running = new MemoryExchange("/");
    gateway.dispatch(running, running);
    const request = await backend.request(0);
    await gateway.destroy();
    expect(await running.over()).toMatchObject({ status: 503 });
    await request.aborted();
  });
});

test("a wrong configuration is told at once", () => {
  expect(() => createGateway({ routes: [{ php: "php" }] })).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_CONFIG" }),
  );
});
