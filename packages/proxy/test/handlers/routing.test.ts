import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import { serve } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";
import { type BackendRequest, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function paths({ params }: BackendRequest): string {
  const { SCRIPT_NAME, PATH_INFO, SCRIPT_FILENAME, REQUEST_URI, QUERY_STRING } = params;
  return [SCRIPT_NAME, PATH_INFO ?? "-", SCRIPT_FILENAME ?? "-", REQUEST_URI, QUERY_STRING].join("|");
}

interface Site {
  readonly gateway: Gateway;
  readonly root: string;
  readonly backend: ScriptedBackend;
}

async function site(routes: readonly RouteConfig[], files: readonly string[] = []): Promise<Site> {
  const root = temporaryFolder();
  for (const name of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `<<${name}>>`);
  }
  const backend = await ScriptedBackend.listen((request) =>
    request.end(`Content-Type: text/plain\r\n\r\n${paths(request)}`),
  );
  const gateway = serve({ root, upstreams: { app: { addresses: [backend.address] } }, routes });
  return { gateway, root, backend };
}

const BLOG: RouteConfig = { mount: "/blog", php: "app", preset: "none", deny: ["/private/*", "/blog/secret/*"] };

describe("a mount", () => {
  test.each<[string, string, string]>([
    ["a script", "/blog/a/x.php/info?q", "/blog/a/x.php|/info|ROOT/a/x.php|/blog/a/x.php/info?q|q"],
    ["an index", "/blog/a/", "/blog/a/index.php|-|ROOT/a/index.php|/blog/a/|"],
    ["the front controller", "/blog/post/7", "/blog/index.php|-|ROOT/index.php|/blog/post/7|"],
  ])("%s", async (_title, target, expected) => {
    const { gateway, root } = await site([BLOG], ["index.php", "a/index.php", "a/x.php"]);
    expect((await ask(gateway, target)).text).toBe(expected.replace("ROOT", root));
  });

  test("a file, its folder and the mount itself", async () => {
    const { gateway } = await site([BLOG], ["index.php", "a/index.html", "x.css"]);
    expect((await ask(gateway, "/blog/x.css")).text).toBe("<<x.css>>");
    expect((await ask(gateway, "/blog/a?q")).header("location")).toEqual(["/blog/a/?q"]);
    expect((await ask(gateway, "/blog?q")).header("location")).toEqual(["/blog/?q"]);
  });

  test("[TD02] ends at a slash, and what is denied is denied by both names", async () => {
    const files = ["index.php", "private/x", "secret/x", "x"];
    const { gateway } = await site([BLOG, { match: "/files/*", mount: "/files", static: true }], files);
    expect((await ask(gateway, "/blogs")).status).toBe(404);
    expect((await ask(gateway, "/blog/private/x")).status).toBe(404);
    expect((await ask(gateway, "/blog/secret/x")).status).toBe(404);
    expect((await ask(gateway, "/files/x")).text).toBe("<<x>>");
    expect((await ask(gateway, "/files../x")).status).toBe(404);
  });

  test("of an application that takes every path", async () => {
    const { gateway } = await site([{ mount: "/app", fastcgi: { upstream: "app", checkFiles: false } }]);
    expect((await ask(gateway, "/app/x/y")).text).toMatch(/^\/app\|\/x\/y\|/);
    expect((await ask(gateway, "/app")).text).toMatch(/^\/app\|-\|/);
  });

  test("has a root of its own", async () => {
    const { gateway, root } = await site([{ static: true }], ["x", "y"]);
    const other = serve({ routes: [{ mount: "/in", root, static: true }] });
    expect((await ask(other, "/in/y")).text).toBe((await ask(gateway, "/y")).text);
  });
});

describe("rewrites and redirects", () => {
  test("a rewrite keeps method, body and REQUEST_URI, and adds the query", async () => {
    const { gateway, backend } = await site(
      [
        { match: { regex: "/user/(.+)" }, rewrite: "/run.php/p$1?id=$1" },
        { match: { regex: "/drop/(.*)" }, rewrite: "/run.php?" },
        { php: "app", preset: "none" },
      ],
      ["run.php"],
    );
    const got = await ask(gateway, "/user/a%26b%20c%25?z=1", {
      method: "POST",
      headers: ["Content-Length", "2"],
      body: ["hi"],
    });
    expect(got.text).toMatch(/^\/run\.php\|\/pa&b c%\|.*\|\/user\/a%26b%20c%25\?z=1\|id=a%26b%20c%25&z=1$/);
    expect(backend.requests[0]?.params).toMatchObject({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "2" });
    expect((await ask(gateway, "/drop/x?z=1")).text).toMatch(/\|$/);
  });

  test("[TI16] a rewrite that leads to itself ends", async () => {
    const { gateway } = await site([{ rewrite: "/a{path}" }]);
    expect((await ask(gateway, "/")).status).toBe(500);
  });

  test("an internal route is for rewrites alone", async () => {
    const { gateway } = await site([
      { match: "/in/*", internal: true, respond: { body: "inside" } },
      { match: "/go", rewrite: "/in/x" },
    ]);
    expect((await ask(gateway, "/in/x")).status).toBe(404);
    expect(await ask(gateway, "/go")).toMatchObject({ status: 200, text: "inside" });
  });

  test("a redirect keeps what it is told to, and names no other server", async () => {
    const { gateway } = await site([
      { match: { regex: "/a(/.*)" }, redirect: { to: "/$1", status: 308 } },
      { match: "/old/*", redirect: "https://{host}{uri}" },
    ]);
    const moved = await ask(gateway, "/a/evil.example/%0");
    expect(moved.status).toBe(400);
    expect(await ask(gateway, "/a/evil.example")).toMatchObject({ status: 308 });
    expect((await ask(gateway, "/a/evil.example")).header("location")).toEqual(["/evil.example"]);
    expect((await ask(gateway, "//old/x%20y?a=%20", { host: "h.example:81" })).header("location")).toEqual([
      "https://h.example:81/old/x%20y?a=%20",
    ]);
  });

  test("a fixed answer, without body for HEAD", async () => {
    const { gateway } = await site([
      { match: "/health", respond: { status: 201, body: "ök", headers: { "X-A": "b" } } },
    ]);
    const got = await ask(gateway, "/health");
    expect(got).toMatchObject({ status: 201, text: Buffer.from("ök").toString("latin1") });
    expect(got.header("x-a")).toEqual(["b"]);
    expect(got.header("content-length")).toEqual(["3"]);
    expect((await ask(gateway, "/health", { method: "HEAD" })).text).toBe("");
  });

  test("[TA26] a path that has routes for other methods only is 405", async () => {
    const { gateway } = await site([{ match: { path: "/x", method: ["GET", "HEAD"] }, respond: {} }]);
    const got = await ask(gateway, "/x", { method: "DELETE" });
    expect([got.status, got.header("allow")]).toEqual([405, ["GET, HEAD"]]);
  });

  test.each<[string, object, Record<string, string>, string]>([
    ["all", { redirect: "https" }, {}, "308 https://site.test/a%20b?c=d"],
    ["with another status", { redirect: { to: "https", status: 301 } }, {}, "301 https://site.test/a%20b?c=d"],
    ["of a host", { match: { host: "site.test" }, redirect: "https" }, {}, "308 https://site.test/a%20b?c=d"],
    ["of another host", { match: { host: "other.test" }, redirect: "https" }, {}, "200 undefined"],
    ["of a path", { match: "/other", redirect: "https" }, {}, "200 undefined"],
    ["of https", { redirect: "https" }, { scheme: "https" }, "200 undefined"],
  ])("redirect to https: %s", async (_what, route, request, expected) => {
    const { gateway } = await site([route, { respond: {} }]);
    const got = await ask(gateway, "/a%20b?c=d", { host: "site.test:8080", ...request });
    expect(`${got.status} ${got.header("location")[0]}`).toBe(expected);
  });

  test("the folder of an ACME client", async () => {
    const { gateway } = await site([{ acme: "acme" }, { redirect: "https" }]);
    expect((await ask(gateway, "/.well-known/acme-challenge/none")).status).toBe(404);
    expect((await ask(gateway, "/.well-known/other")).status).toBe(308);
  });
});
