import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import type { GatewayFailure } from "../../src/diagnostics.ts";
import { type Gateway, createGateway } from "../../src/gateway.ts";
import { ask } from "../support/memory-exchange.ts";
import { type BackendRequest, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface Site {
  readonly root: string;
  readonly gateway: Gateway;
  readonly backend: ScriptedBackend;
}

function answer(request: BackendRequest): void {
  const { SCRIPT_NAME, PATH_INFO, SCRIPT_FILENAME } = request.params;
  request.end(`Content-Type: text/plain\r\n\r\n${SCRIPT_NAME}|${PATH_INFO ?? "-"}|${SCRIPT_FILENAME ?? "-"}`);
}

async function site(files: readonly string[], route: RouteConfig = { php: "php" }, script = answer): Promise<Site> {
  const root = join(temporaryFolder(), "root");
  mkdirSync(root);
  for (const name of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `<<${name}>>`);
  }
  const backend = await ScriptedBackend.listen(script);
  const gateway = createGateway({ root, upstreams: { php: { addresses: [backend.address] } }, routes: [route] });
  onTestFinished(() => gateway.destroy());
  return { root, gateway, backend };
}

const FILES = [
  "index.php",
  "blog/index.php",
  "docs/index.html",
  "style.css",
  "a b.php",
  "upload/evil.jpg",
  ".env",
  "test.php.bak",
  "old.php5",
];

describe("a PHP site", () => {
  test.each<[string, string, string]>([
    ["the root", "/", "/index.php|-"],
    ["a script", "/index.php?x", "/index.php|-"],
    ["a path behind a script", "/index.php/path/info?q=1", "/index.php|/path/info"],
    ["a script in a folder", "/blog/index.php/post/7", "/blog/index.php|/post/7"],
    ["an index in a folder", "/blog/", "/blog/index.php|-"],
    ["a script with a space", "/a%20b.php", "/a b.php|-"],
    ["the front controller", "/pretty/url", "/index.php|-"],
    ["[TD06] a climb behind a script is gone before it is split", "/index.php/../index.php/x", "/index.php|/x"],
  ])("%s", async (_title, target, expected) => {
    const { gateway, root } = await site(FILES);
    const got = await ask(gateway, target);
    expect(got).toMatchObject({ status: 200, text: `${expected}|${root}${expected.split("|")[0]}` });
  });

  test("the variables of the script", async () => {
    const { gateway, root, backend } = await site(FILES);
    await ask(gateway, "/blog/index.php/post%207?q");
    expect(backend.requests[0]?.params).toMatchObject({
      DOCUMENT_ROOT: root,
      DOCUMENT_URI: "/blog/index.php/post 7",
      PATH_TRANSLATED: `${root}/post 7`,
      REQUEST_URI: "/blog/index.php/post%207?q",
      QUERY_STRING: "q",
      REDIRECT_STATUS: "200",
    });
  });

  test.each<[string, string, number, string]>([
    ["a file", "/style.css", 200, "<<style.css>>"],
    ["an index that is no script", "/docs/", 200, "<<docs/index.html>>"],
    ["[TD03] a script that is not there", "/nope.php", 404, ""],
    ["[TD03] [V31] a file used as a folder", "/upload/evil.jpg/x.php", 404, ""],
    ["[TC09] a NUL before the extension", "/upload/evil.jpg%00.php", 400, ""],
    ["[TC10] a line feed behind the script", "/index.php/x%0ay", 400, ""],
    ["[TC14] a question mark in the name", "/index.php%3f.php", 404, ""],
    ["[TD08] a dot file", "/.env", 404, ""],
    ["[TD04] a backup of a script", "/test.php.bak", 404, ""],
    ["[TD07] a script of another kind", "/old.php5", 404, ""],
    ["[TD09] another case", "/INDEX.PHP", 404, ""],
    ["[TD10] a linked script out of the root", "/linked.php", 404, ""],
    ["POST to a file", "POST /style.css", 405, ""],
  ])("%s never reaches the application", async (_title, target, status, text) => {
    const { gateway, backend, root } = await site(FILES);
    writeFileSync(join(root, "../outside.php"), "");
    symlinkSync("../outside.php", join(root, "linked.php"));
    const [method, path] = target.startsWith("POST ") ? ["POST", target.slice(5)] : ["GET", target];
    const got = await ask(gateway, path, { method });
    expect(got.status).toBe(status);
    if (status === 200) expect(got.text).toBe(text);
    expect(got.text).not.toMatch(status === 200 ? /\0/ : /<</);
    expect(backend.connections).toBe(0);
  });

  test("[TD14] a folder without slash: 301, and 308 for a POST", async () => {
    const { gateway } = await site(FILES);
    const got = await ask(gateway, "/blog?q=1");
    expect(got.status).toBe(301);
    expect(got.header("location")).toEqual(["/blog/?q=1"]);
    expect(await ask(gateway, "/blog", { method: "POST" })).toMatchObject({ status: 308 });
  });

  test("without a front controller there is nothing to fall back to", async () => {
    const { gateway, backend } = await site(["blog/index.php"]);
    expect(await ask(gateway, "/pretty")).toMatchObject({ status: 404 });
    expect(backend.connections).toBe(0);
  });
});

describe("other ways to find a script", () => {
  test("a front controller of another name", async () => {
    const { gateway } = await site(["app.php", "sub/index.php"], {
      fastcgi: {
        upstream: "php",
        extensions: [".php"],
        index: ["index.php"],
        tryFiles: ["{path}", "{path}.php", "/app.php"],
      },
    });
    expect((await ask(gateway, "/x")).text).toMatch(/^\/app\.php\|-/);
    expect((await ask(gateway, "/sub/index")).text).toMatch(/^\/sub\/index\.php\|-/);
  });

  test("a root on another machine: nothing is looked at", async () => {
    const { gateway } = await site([], {
      fastcgi: { upstream: "php", root: "/srv/www/", extensions: [".php"], checkFiles: false },
    });
    expect((await ask(gateway, "/a/b.php/c")).text).toBe("/a/b.php|/c|/srv/www/a/b.php");
    expect((await ask(gateway, "/pretty")).text).toBe("/index.php|-|/srv/www/index.php");
    expect(await ask(gateway, "/.git/x.php")).toMatchObject({ status: 404 });
  });

  test("fastcgi without static serves no files", async () => {
    const { gateway } = await site(["style.css", "index.php"], { fastcgi: { upstream: "php", extensions: [".php"] } });
    expect(await ask(gateway, "/style.css")).toMatchObject({ status: 404 });
  });

  test("an application without scripts, with files beside it", async () => {
    const { gateway } = await site(["style.css", "docs/index.html"], { static: true, fastcgi: { upstream: "php" } });
    expect(await ask(gateway, "/style.css")).toMatchObject({ text: "<<style.css>>" });
    expect(await ask(gateway, "/docs/")).toMatchObject({ text: "<<docs/index.html>>" });
    expect(await ask(gateway, "/users/7")).toMatchObject({ text: "|/users/7|-" });
  });

  test("an application alone gets every path", async () => {
    const { gateway } = await site([], { fastcgi: { upstream: "php" } });
    expect(await ask(gateway, "/.hidden/x.php/y")).toMatchObject({ text: "|/.hidden/x.php/y|-" });
  });
});

describe('"Primary script unknown"', () => {
  const unknown = (request: BackendRequest): void => {
    request
      .stderr("Primary script unknown")
      .end("Status: 404 Not Found\r\nContent-Type: text/html\r\n\r\nFile not found.\n");
  };

  test("is explained to a developer, with the path that was sent", async () => {
    const { gateway, root } = await site(["index.php"], { php: "php" }, unknown);
    const got = await ask(gateway, "/");
    expect(got.status).toBe(404);
    expect(got.text).toContain(`${root}/index.php`);
    expect(got.text).toContain("PHP-FPM cannot see the script");
  });

  test("a stranger learns nothing, the log everything", async () => {
    const failures: GatewayFailure[] = [];
    const listen = (message: unknown): void => void failures.push(message as GatewayFailure);
    subscribe("fastcgi:proxy:error", listen);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:error", listen));
    const { gateway, root } = await site(["index.php"], { php: "php" }, unknown);
    const got = await ask(gateway, "/", { remote: { address: "192.0.2.1", port: 1 } });
    expect(got.status).toBe(404);
    expect(got.text).not.toContain(root);
    expect(failures).toMatchObject([{ status: 404, upstream: "php", error: undefined }]);
    expect(failures[0]?.reason).toContain(
      `PHP-FPM cannot see the script ${root}/index.php ("Primary script unknown"): `,
    );
  });

  test("for a script that is not there, a stranger gets PHP-FPM's own answer", async () => {
    const route = {
      fastcgi: { upstream: "php", extensions: [".php"], root: "/on/another/machine", checkFiles: false },
    };
    const { gateway } = await site([], route, unknown);
    const got = await ask(gateway, "/x.php", { remote: { address: "192.0.2.1", port: 1 } });
    expect(got).toMatchObject({ status: 404, text: "File not found.\n" });
  });
});
