import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Role } from "@x/protocol";
import { describe, expect, onTestFinished, test } from "vitest";

import type { AuthorizeConfig, ProxyConfig } from "../../src/index.ts";
import { HEAD, serve } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ALLOW = "Status: 200\r\n\r\n";

/** A route to an application that shows its params and body, behind an authorizer. */
async function guarded(
  guard: Script,
  more: Partial<AuthorizeConfig> = {},
  config: Partial<ProxyConfig> = {},
): Promise<{ gateway: ReturnType<typeof serve>; guard: ScriptedBackend; app: ScriptedBackend }> {
  const guardian = await ScriptedBackend.listen(guard);
  const app = await ScriptedBackend.listen(async (request) => request.end(HEAD + (await request.body())));
  const gateway = serve({
    upstreams: { guard: { addresses: [guardian.address] }, app: { addresses: [app.address] } },
    routes: [{ authorize: { upstream: "guard", ...more }, fastcgi: { upstream: "app" } }],
    ...config,
  });
  return { gateway, guard: guardian, app };
}

describe("an authorizer", () => {
  test("[P80] is asked in its role, with the params of the request but for those of script and body", async () => {
    const { gateway, guard, app } = await guarded((request) => request.end(ALLOW));
    const answer = await ask(gateway, "/a/b?c=d", {
      method: "POST",
      headers: ["Content-Length", "5", "Cookie", "s=1"],
      body: ["hello"],
    });
    expect(answer).toMatchObject({ status: 200, text: "hello" });
    expect(guard.requests[0]?.role).toBe(Role.Authorizer);
    expect(guard.requests[0]?.params).toMatchObject({
      REQUEST_METHOD: "POST",
      REQUEST_URI: "/a/b?c=d",
      QUERY_STRING: "c=d",
      HTTP_COOKIE: "s=1",
      REMOTE_ADDR: "127.0.0.1",
    });
    for (const name of ["CONTENT_LENGTH", "PATH_INFO", "PATH_TRANSLATED", "SCRIPT_NAME"])
      expect(guard.requests[0]?.params).not.toHaveProperty(name);
    expect(app.requests[0]?.params).toMatchObject({ CONTENT_LENGTH: "5", PATH_INFO: "/a/b" });
  });

  test("[P81][P82] that allows gives variables, and nothing else of its answer goes anywhere", async () => {
    const { gateway, app } = await guarded((request) =>
      request.end(
        "Status: 200\r\nVariable-AUTH_METHOD: database lookup\r\nvariable-remote_user: ada\r\nX-Own: 1\r\n\r\nbody",
      ),
    );
    const answer = await ask(gateway, "/");
    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(answer.header("x-own")).toEqual([]);
    expect(app.requests[0]?.params).toMatchObject({ AUTH_METHOD: "database lookup", remote_user: "ada" });
  });

  test("[V29] cannot replace what decides about the request, nor what the configuration says", async () => {
    const { gateway, app } = await guarded(
      (request) =>
        request.end(
          "Status: 200\r\nVariable-CONTENT_LENGTH: 9\r\nVariable-SCRIPT_FILENAME: /etc/passwd\r\nVariable-HTTP_PROXY: x\r\nVariable-APP_ENV: dev\r\nVariable-OK: 1\r\n\r\n",
        ),
      {},
      {
        routes: [{ authorize: { upstream: "guard" }, fastcgi: { upstream: "app", params: { APP_ENV: "prod" } } }],
      },
    );
    await ask(gateway, "/", { method: "POST", headers: ["Content-Length", "1"], body: ["x"] });
    const { params } = app.requests[0] ?? {};
    expect(params).toMatchObject({ CONTENT_LENGTH: "1", APP_ENV: "prod", OK: "1" });
    expect(params).not.toHaveProperty("SCRIPT_FILENAME");
    expect(params).not.toHaveProperty("HTTP_PROXY");
  });

  test("[P83] that refuses answers the client: status, fields and body, and the application is not asked", async () => {
    const { gateway, app } = await guarded((request) =>
      request.end(
        'Status: 401 Who are you\r\nWWW-Authenticate: Basic realm="x"\r\nVariable-A: 1\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\nno',
      ),
    );
    const answer = await ask(gateway, "/");
    expect(answer).toMatchObject({ status: 401, statusText: "Who are you", text: "no", outcome: "complete" });
    expect(answer.headers).toEqual(["WWW-Authenticate", 'Basic realm="x"', "Content-Type", "text/plain"]);
    expect(app.requests).toEqual([]);
  });

  test.each([
    ["204", "Status: 204\r\n\r\n", 204],
    ["a redirect to a login", "Location: /login\r\n\r\n", 302],
  ])("allows by 200 alone: not by %s", async (_what, head, status) => {
    const { gateway, app } = await guarded((request) => request.end(head));
    expect((await ask(gateway, "/")).status).toBe(status);
    expect(app.requests).toEqual([]);
  });

  test.each<[string, Script]>([
    ["dies before its answer", (request) => request.kill()],
    ["dies after its head", (request) => request.write("Status: 200\r\nVariable-A: 1\r\n\r\n").kill()],
    ["answers nonsense", (request) => request.end("nonsense")],
  ])("that %s lets nobody in", async (_what, guard) => {
    const { gateway, app } = await guarded(guard);
    expect((await ask(gateway, "/")).status).toBe(502);
    expect(app.requests).toEqual([]);
  });

  test("that refuses at length and then dies cuts the answer", async () => {
    const { gateway } = await guarded((request) => request.write(`Status: 403\r\nContent-Length: 9\r\n\r\nno`).kill());
    expect(await ask(gateway, "/")).toMatchObject({ status: 403, outcome: "aborted" });
  });

  test("holds the body: nothing of it is taken before it has allowed, and all of it goes on", async () => {
    const { gateway, guard } = await guarded(() => undefined);
    const exchange = new MemoryExchange("/", {
      method: "POST",
      headers: ["Content-Length", "6", "Expect", "100-continue"],
      body: ["abc", "def"],
    });
    gateway.dispatch(exchange, exchange);
    const asked = await guard.request(0);
    expect(await asked.body()).toBe("");
    expect(exchange.sink).toBeUndefined();
    expect(exchange.hints).toEqual([]);
    asked.end(ALLOW);
    expect(await exchange.over()).toMatchObject({ status: 200, text: "abcdef", hints: [[100, []]] });
  });

  test("of a client that has gone is aborted, and the application is not asked", async () => {
    const { gateway, guard, app } = await guarded(() => undefined);
    const exchange = new MemoryExchange("/");
    gateway.dispatch(exchange, exchange);
    const asked = await guard.request(0);
    exchange.onAbort?.();
    await asked.aborted();
    expect(gateway.stats().active).toBe(0);
    expect(app.requests).toEqual([]);
  });

  test("several are asked in turn, each with the variables of those before it, until one refuses", async () => {
    const first = await ScriptedBackend.listen((request) =>
      request.end("Status: 200\r\nVariable-A: 1\r\nVariable-B: 1\r\n\r\n"),
    );
    const second = await ScriptedBackend.listen((request) =>
      request.end(
        request.params["REQUEST_URI"] === "/no" ? "Status: 403\r\n\r\n" : "Status: 200\r\nVariable-B: 2\r\n\r\n",
      ),
    );
    const app = await ScriptedBackend.listen((request) => request.end(HEAD));
    const gateway = serve({
      upstreams: {
        first: { addresses: [first.address] },
        second: { addresses: [second.address] },
        app: { addresses: [app.address] },
      },
      routes: [{ authorize: [{ upstream: "first" }, { upstream: "second" }], fastcgi: { upstream: "app" } }],
    });
    await ask(gateway, "/");
    expect(second.requests[0]?.params).toMatchObject({ A: "1", B: "1" });
    expect(app.requests[0]?.params).toMatchObject({ A: "1", B: "2" });
    expect((await ask(gateway, "/no")).status).toBe(403);
    expect(app.requests).toHaveLength(1);
  });

  test("stands in front of files, too", async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, "a.txt"), "file");
    const { gateway } = await guarded(
      (request) => request.end(request.params["HTTP_X_KEY"] === "k" ? ALLOW : "Status: 403\r\n\r\n"),
      {},
      { root, routes: [{ authorize: { upstream: "guard" }, static: true }] },
    );
    expect((await ask(gateway, "/a.txt")).status).toBe(403);
    expect(await ask(gateway, "/a.txt", { headers: ["X-Key", "k"] })).toMatchObject({ status: 200, text: "file" });
  });

  test("an address that is not there leaves the question to the next", async () => {
    const guardian = await ScriptedBackend.listen((request) => request.end(ALLOW));
    const app = await ScriptedBackend.listen((request) => request.end(`${HEAD}in`));
    const nobody = join(temporaryFolder(), "nobody.sock");
    const gateway = serve({
      upstreams: { guard: { addresses: [`unix:${nobody}`, guardian.address] }, app: { addresses: [app.address] } },
      routes: [{ authorize: { upstream: "guard" }, fastcgi: { upstream: "app" } }],
    });
    expect((await ask(gateway, "/")).text).toBe("in");
  });

  test("gets the script and the params of the configuration", async () => {
    const { gateway, guard } = await guarded((request) => request.end(ALLOW), {
      script: "/srv/auth.php",
      phase: "access-checker",
      params: { REALM: "kitchen" },
    });
    await ask(gateway, "/x");
    expect(guard.requests[0]?.params).toMatchObject({
      SCRIPT_FILENAME: "/srv/auth.php",
      FCGI_APACHE_ROLE: "ACCESS_CHECKER",
      REALM: "kitchen",
    });
  });
});

describe("an authenticator, as mod_fastcgi has it", () => {
  const basic = (text: string): string[] => ["Authorization", `Basic ${Buffer.from(text).toString("base64")}`];

  test("gets name and password, and the application the name", async () => {
    const { gateway, guard, app } = await guarded((request) => request.end(ALLOW), { phase: "authenticator" });
    await ask(gateway, "/", { headers: basic("ada:se:cret") });
    expect(guard.requests[0]?.params).toMatchObject({
      FCGI_APACHE_ROLE: "AUTHENTICATOR",
      AUTH_TYPE: "Basic",
      REMOTE_USER: "ada",
      REMOTE_PASSWD: "se:cret",
    });
    expect(app.requests[0]?.params).toMatchObject({ REMOTE_USER: "ada", AUTH_TYPE: "Basic" });
    expect(app.requests[0]?.params).not.toHaveProperty("REMOTE_PASSWD");
  });

  test.each([["Bearer x"], ["Basic !!"], ["Basic OmE="], ["Basic"]])("gets neither of %j", async (value) => {
    const { gateway, guard, app } = await guarded((request) => request.end(ALLOW), { phase: "authenticator" });
    await ask(gateway, "/", { headers: ["Authorization", value] });
    expect(guard.requests[0]?.params).not.toHaveProperty("REMOTE_USER");
    expect(app.requests[0]?.params).not.toHaveProperty("REMOTE_USER");
  });
});

describe("a responder that authorizes, as nginx's auth_request has it", () => {
  const responder = { role: "responder" } as const;

  test("is asked by GET, for the uri of the configuration, without body and conditions", async () => {
    const { gateway, guard, app } = await guarded((request) => request.end("Status: 204\r\n\r\n"), {
      ...responder,
      uri: "/auth/check%20it?x=1",
    });
    const answer = await ask(gateway, "/a?b", {
      method: "POST",
      headers: ["Content-Length", "2", "Content-Type", "a/b", "If-None-Match", '"x"', "Cookie", "s=1"],
      body: ["ok"],
    });
    expect(answer.text).toBe("ok");
    const { params, role } = guard.requests[0] ?? {};
    expect(role).toBe(Role.Responder);
    expect(params).toMatchObject({
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/auth/check%20it?x=1",
      QUERY_STRING: "x=1",
      PATH_INFO: "/auth/check it",
      HTTP_X_ORIGINAL_URI: "/a?b",
      HTTP_X_ORIGINAL_METHOD: "POST",
      HTTP_COOKIE: "s=1",
    });
    for (const name of ["CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_IF_NONE_MATCH"])
      expect(params).not.toHaveProperty(name);
    expect(app.requests[0]?.params["REQUEST_METHOD"]).toBe("POST");
  });

  test("a client cannot say what its uri and method were", async () => {
    const { gateway, guard } = await guarded((request) => request.end(ALLOW), responder);
    await ask(gateway, "/a", { headers: ["X-Original-URI", "/public", "X-Original-Method", "HEAD"] });
    expect(guard.requests[0]?.params).toMatchObject({ HTTP_X_ORIGINAL_URI: "/a", HTTP_X_ORIGINAL_METHOD: "GET" });
  });

  test("fields of its answer become variables and headers where the configuration says so", async () => {
    const { gateway, app } = await guarded(
      (request) => request.end("Status: 200\r\nX-User: ada\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-Own: 1\r\n\r\n"),
      {
        ...responder,
        variables: { REMOTE_USER: "x-user", HTTP_X_USER: "X-User", GROUP: "X-Group" },
        headers: ["set-cookie"],
      },
    );
    const answer = await ask(gateway, "/", { headers: ["X-User", "root"] });
    expect(answer.header("set-cookie")).toEqual(["a", "b"]);
    expect(answer.header("x-own")).toEqual([]);
    expect(app.requests[0]?.params).toMatchObject({ REMOTE_USER: "ada", HTTP_X_USER: "ada", GROUP: "" });
  });

  test("what a client calls itself does not count when the answer names nobody", async () => {
    const { gateway, app } = await guarded((request) => request.end(ALLOW), {
      ...responder,
      variables: { HTTP_X_USER: "X-User" },
    });
    await ask(gateway, "/", { headers: ["X-User", "root"] });
    expect(app.requests[0]?.params["HTTP_X_USER"]).toBe("");
  });

  test.each([
    ["401", 401],
    ["403", 403],
    ["404", 500],
    ["302", 500],
    ["500", 500],
  ])("by %s the client gets %i", async (said, got) => {
    const { gateway, app } = await guarded(
      (request) => request.end(`Status: ${said}\r\nWWW-Authenticate: Basic realm="x"\r\nX-Own: 1\r\n\r\nsecret`),
      responder,
    );
    const answer = await ask(gateway, "/");
    expect(answer.status).toBe(got);
    expect(answer.header("www-authenticate")).toEqual(got === 401 ? ['Basic realm="x"'] : []);
    expect(answer.header("x-own")).toEqual([]);
    expect(answer.text).not.toContain("secret");
    expect(app.requests).toEqual([]);
  });

  test("its long refusal is not read to the end", async () => {
    const { gateway, guard } = await guarded(
      (request) => void request.write(`Status: 403\r\n\r\n${"x".repeat(200_000)}`),
      responder,
    );
    expect((await ask(gateway, "/")).status).toBe(403);
    await guard.requests[0]?.aborted();
  });
});

describe("a cached permission", () => {
  const cache = { ttl: "1h" } as const;

  test("saves the question for the same client and path, and keeps its variables", async () => {
    const { gateway, guard, app } = await guarded((request) => request.end("Status: 200\r\nVariable-A: 1\r\n\r\n"), {
      cache,
    });
    const headers = ["Authorization", "Bearer x"];
    await ask(gateway, "/a", { headers });
    await ask(gateway, "/a", { headers });
    expect(guard.requests).toHaveLength(1);
    expect(app.requests.map(({ params }) => params["A"])).toEqual(["1", "1"]);
    await ask(gateway, "/b", { headers });
    await ask(gateway, "/a", { headers: ["Authorization", "Bearer y"] });
    await ask(gateway, "/a", { headers, remote: { address: "127.0.0.2", port: 1 } });
    await ask(gateway, "/a", { headers, method: "DELETE" });
    expect(guard.requests).toHaveLength(5);
  });

  test("a sub-request is told apart by the client's own method and uri", async () => {
    const { gateway, guard } = await guarded((request) => request.end(ALLOW), {
      cache,
      role: "responder",
      uri: "/auth",
    });
    await ask(gateway, "/a");
    await ask(gateway, "/b");
    await ask(gateway, "/b", { method: "DELETE" });
    expect(guard.requests).toHaveLength(3);
  });

  test("is neither a refusal nor one that sets a cookie", async () => {
    const { gateway, guard } = await guarded(
      (request) =>
        request.end(`Status: ${request.params["REQUEST_URI"] === "/no" ? 403 : 200}\r\nSet-Cookie: a\r\n\r\n`),
      { cache, role: "responder", headers: ["Set-Cookie"] },
    );
    for (const path of ["/", "/", "/no", "/no"]) await ask(gateway, path);
    expect(guard.requests).toHaveLength(4);
  });
});

test("variables of one route are not taken along by a local redirect to another", async () => {
  const guardian = await ScriptedBackend.listen((request) => request.end("Status: 200\r\nVariable-A: 1\r\n\r\n"));
  const app = await ScriptedBackend.listen((request) =>
    request.end(request.params["REQUEST_URI"] === "/in" ? "Location: /out\r\n\r\n" : HEAD),
  );
  const gateway = serve({
    upstreams: { guard: { addresses: [guardian.address] }, app: { addresses: [app.address] } },
    routes: [
      { match: "/in", authorize: { upstream: "guard" }, fastcgi: { upstream: "app" } },
      { fastcgi: { upstream: "app" } },
    ],
  });
  onTestFinished(() => gateway.destroy());
  await ask(gateway, "/in");
  expect(app.requests.map(({ params }) => params["A"])).toEqual(["1", undefined]);
});
