import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import type { ProxyConfig, RouteConfig } from "../../src/config/define-config.ts";
import type { ErrorPagesConfig } from "../../src/config/error-pages-config.ts";
import type { GatewayFailure } from "../../src/diagnostics.ts";
import type { Gateway } from "../../src/gateway.ts";
import { HEAD, serve } from "../support/application.ts";
import { ask } from "../support/memory-exchange.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function site(routes: readonly RouteConfig[], config: Partial<ProxyConfig> = {}): Gateway {
  return serve({ root: temporaryFolder(), routes, ...config });
}

function pages(): string {
  const root = temporaryFolder();
  for (const name of ["404", "403", "down"]) writeFileSync(join(root, `${name}.html`), `page ${name}`);
  return root;
}

const errorPages: ErrorPagesConfig = {
  "404": "/errors/404.html",
  "4xx": "/errors/403.html",
  "5xx": "/errors/down.html",
};

function files(): RouteConfig {
  return { mount: "/errors", internal: true, root: pages(), static: true };
}

describe("pages for errors", () => {
  test("have the status of the error, and what its headers say", async () => {
    const gateway = site([files(), { match: { path: "/x", method: "PUT" }, access: { deny: ["all"] }, respond: {} }], {
      errorPages,
    });
    expect(await ask(gateway, "/nope")).toMatchObject({ status: 404, text: "page 404" });
    expect(await ask(gateway, "/x", { method: "PUT", headers: ["Content-Length", "3"], body: ["abc"] })).toMatchObject({
      status: 403,
      text: "page 403",
    });
    const method = await ask(gateway, "/x");
    expect([method.status, method.header("allow"), method.text]).toEqual([405, ["PUT"], "page 403"]);
    expect((await ask(gateway, "/errors/404.html")).text).toBe("page 404");
    expect((await ask(gateway, "/errors/404.html")).status).toBe(404);
  });

  test("conditions and ranges of the request are not theirs, and HEAD has no body", async () => {
    const gateway = site([files()], { errorPages });
    const headers = ["Range", "bytes=0-1", "If-None-Match", "*"];
    expect(await ask(gateway, "/nope", { headers })).toMatchObject({ status: 404, text: "page 404" });
    expect(await ask(gateway, "/nope", { headers, method: "HEAD" })).toMatchObject({ status: 404, text: "" });
  });

  test("those of the route come first; one that is not there leaves the plain page, and is published once", async () => {
    const failures: number[] = [];
    const listener = (message: unknown): void => void failures.push((message as GatewayFailure).status);
    subscribe("fastcgi:proxy:error", listener);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:error", listener));
    const gateway = site([files(), { match: "/x/*", static: true, errorPages: { 404: "/errors/absent.html" } }], {
      errorPages,
      errors: "plain",
    });
    const got = await ask(gateway, "/x/y");
    expect([got.status, got.text]).toEqual([404, expect.stringContaining("404 Not Found")]);
    expect(failures).toEqual([404]);
  });

  test("[TI16] a page that leads round in circles ends", async () => {
    const gateway = site([{ match: "/a", rewrite: "/a" }], { errorPages: { 500: "/a", 404: "/a" } });
    expect(await ask(gateway, "/nope")).toMatchObject({ status: 404 });
    expect(await ask(gateway, "/a")).toMatchObject({ status: 500 });
  });
});

describe("[TG21] errors of applications", () => {
  async function failing(route: Partial<RouteConfig>): Promise<Gateway> {
    const backend = await ScriptedBackend.listen((request) => request.end(`Status: 503\r\n${HEAD}secret trace`));
    return serve({
      upstreams: { app: { addresses: [backend.address] }, gone: { addresses: ["unix:/absent.sock"] } },
      errorPages,
      routes: [files(), { match: "/gone", fastcgi: { upstream: "gone" } }, { fastcgi: { upstream: "app" }, ...route }],
    });
  }

  test("go out as they are", async () => {
    expect(await ask(await failing({}), "/x")).toMatchObject({ status: 503, text: "secret trace" });
  });

  test("are replaced where the configuration says so, for HEAD too", async () => {
    const gateway = await failing({ interceptErrors: true });
    expect(await ask(gateway, "/x")).toMatchObject({ status: 503, text: "page down" });
    const head = await ask(gateway, "/x", { method: "HEAD" });
    expect([head.status, head.text, head.header("content-length")]).toEqual([503, "", ["9"]]);
  });

  test("an application that is not there has its page, with Proxy-Status", async () => {
    const got = await ask(await failing({}), "/gone");
    expect([got.status, got.text, got.header("proxy-status")]).toEqual([
      502,
      "page down",
      ["x-proxy; error=connection_refused"],
    ]);
  });
});
