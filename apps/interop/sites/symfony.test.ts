// A small application on Symfony as Debian has it, served by x-proxy with nothing but its document root.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { send } from "../src/http.ts";
import { needs } from "../src/needs.ts";
import { getInParts } from "../src/parts.ts";
import { startXProxy } from "../src/peers/x-proxy.ts";
import type { RunningProxy } from "../src/peers/x-proxy.ts";
import { raw } from "../src/raw.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { startPool } from "./backends.ts";
import type { Backend } from "./backends.ts";
import { needsFiles } from "./needs-files.ts";
import { DATA, FRAMEWORK_BUNDLE, stageSymfony } from "./stage-symfony.ts";

const present = [
  needs("php-fpm", ["php-fpm8.2", "php-fpm8.3", "php-fpm8.4", "php-fpm"]),
  needsFiles("php-symfony-framework-bundle", FRAMEWORK_BUNDLE),
].every(Boolean);

describe.runIf(present)("Symfony", () => {
  const folder = temporaryFolder();
  let project: string;
  let backend: Backend | undefined;
  let proxy: RunningProxy;

  beforeAll(async () => {
    project = stageSymfony(folder.path);
    backend = await startPool(folder.path);
    proxy = await startXProxy([join(project, "public"), "--php", backend.php]);
    // The first request builds Symfony's container.
    const { status } = await send(proxy.url, "/");
    expect(status, proxy.output()).toBe(200);
  });
  afterAll(async () => {
    await proxy?.stop();
    await backend?.stop();
    folder.remove();
  });

  const get = (path: string, headers: Record<string, string> = {}) => send(proxy.url, path, { headers });
  const goOn = async () => expect((await get("/go-on")).body.toString()).toBe("gone on");

  test("the front page, and a file beside the front controller", async () => {
    const home = await get("/");
    expect([home.status, home.headers["content-type"]]).toEqual([200, "text/html; charset=UTF-8"]);
    expect(home.body.toString()).toContain('<a href="/hello/you">');
    const style = await get("/style.css");
    expect([style.status, style.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
    expect(style.headers["last-modified"]).toBeDefined();
  });

  test("[C28] [C31] routes without a file are the front controller's, and it sees the address as it was asked for", async () => {
    const { status, body } = await get("/hello/J%C3%BCrgen%20B.txt?a=1&b%5B%5D=2");
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toEqual({
      name: "Jürgen B.txt",
      query: { a: "1", b: ["2"] },
      // Symfony writes the query its own way.
      uri: `${proxy.url}/hello/J%C3%BCrgen%20B.txt?a=1&b%5B0%5D=2`,
      baseUrl: "",
      client: "127.0.0.1",
      link: `${proxy.url}/hello/you`,
    });
  });

  test("[TD06] the same behind the script's name", async () => {
    const { status, body } = await get("/index.php/hello/you");
    expect(status).toBe(200);
    const link = `${proxy.url}/index.php/hello/you`;
    expect(JSON.parse(body.toString())).toMatchObject({ name: "you", baseUrl: "/index.php", uri: link, link });
  });

  test("[C10] redirects, the router's own too", async () => {
    const old = await get("/old/Ada");
    expect([old.status, old.headers.location]).toEqual([301, "/hello/Ada"]);
    const slash = await get("/count/?x=1");
    expect([slash.status, slash.headers.location]).toEqual([301, `${proxy.url}/count?x=1`]);
  });

  test("[TG16] a session counts its visits by its cookie, another one does not see it", async () => {
    const first = await get("/count");
    expect(first.body.toString()).toBe("1");
    const [cookie = "", ...more] = first.headers["set-cookie"] ?? [];
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^PHPSESSID=\w+; path=\/; httponly; samesite=lax$/i);
    const session = { cookie: cookie.slice(0, cookie.indexOf(";")) };
    expect((await get("/count", session)).body.toString()).toBe("2");
    expect((await get("/count")).body.toString()).toBe("1");
    expect((await get("/count", session)).body.toString()).toBe("3");
  });

  test("a streamed response: each part arrives although the next waits for another request", async ({ signal }) => {
    const parts = await getInParts(`${proxy.url}/stream`, signal);
    expect(parts.status).toBe(200);
    expect(await parts.until("one\n")).toBe("one\n");
    await goOn();
    expect(await parts.until("two\n")).toBe("one\ntwo\n");
    expect(parts.ended()).toBe(false);
    await goOn();
    expect(await parts.whole()).toBe("one\ntwo\nthree\n");
  });

  test("[f52] an answer is complete although its worker goes on working", async ({ signal }) => {
    const parts = await getInParts(`${proxy.url}/afterwards`, signal);
    expect(await parts.whole()).toBe("answered");
    // Held by no one, it could not be let go on.
    await goOn();
  });

  test("a download with its name: whole, as HEAD, and not again when it is the same", async () => {
    const whole = await get("/file");
    expect([whole.status, whole.headers["content-length"]]).toEqual([200, String(DATA.length)]);
    expect(whole.headers["content-disposition"]).toBe(
      "attachment; filename=Gr__e.bin; filename*=utf-8''Gr%C3%BC%C3%9Fe.bin",
    );
    expect(whole.body.equals(DATA)).toBe(true);
    const head = await send(proxy.url, "/file", { method: "HEAD" });
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, String(DATA.length), 0]);
    const same = await get("/file", { "if-none-match": whole.headers.etag ?? "" });
    expect([same.status, same.body.length]).toEqual([304, 0]);
  });

  test("[TH12] ranges of it are the application's", async () => {
    const size = DATA.length;
    const middle = await get("/file", { range: "bytes=70000-270000" });
    expect([middle.status, middle.headers["content-range"]]).toEqual([206, `bytes 70000-270000/${size}`]);
    expect(middle.body.equals(DATA.subarray(70_000, 270_001))).toBe(true);
    const end = await get("/file", { range: "bytes=-5" });
    expect([end.status, end.body.equals(DATA.subarray(-5))]).toEqual([206, true]);
    const changed = await get("/file", { range: "bytes=0-9", "if-range": '"another"' });
    expect([changed.status, changed.body.length]).toEqual([200, size]);
  });

  test("[TG06] with its 416 Symfony announces a body that it does not send: no complete answer, and our log tells why", async () => {
    const head = `GET /file HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${DATA.length}-${DATA.length}\r\nConnection: close\r\n\r\n`;
    // Cut at once or behind the head, or refused with the reason: whatever reached the client, it is no 200.
    expect((await raw(proxy.url, head)).text).toMatch(/^(?:$|HTTP\/1\.1 (?:416|502) )/);
    expect(proxy.output()).toMatch(new RegExp(`GET /file: .*0 bytes, ${DATA.length} were announced by Content-Length`));
  });

  test("[P75] a form is sent, answered by 303, and remembered for the page behind that", async () => {
    const sent = await send(proxy.url, "/contact", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "name=%C3%85sa+%26+Co",
    });
    expect([sent.status, sent.headers.location]).toEqual([303, "/thanks"]);
    const cookie = sent.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect(JSON.parse((await get("/thanks", { cookie })).body.toString())).toEqual({ name: ["Åsa & Co"] });
    expect((await send(proxy.url, "/contact", { method: "PUT", body: "" })).status).toBe(405);
  });

  test("[C29] a form with a file, chunked", async () => {
    const form = new FormData();
    form.set("name", "Ada");
    form.set("photo", new File([DATA], "grüße.jpg"));
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    const sent = await send(proxy.url, "/contact", {
      method: "POST",
      headers: { "content-type": encoded.headers.get("content-type") ?? "" },
      body: [body.subarray(0, 100), body.subarray(100, 500_000), body.subarray(500_000)],
    });
    expect(sent.status).toBe(303);
    const cookie = sent.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    expect(JSON.parse((await get("/thanks", { cookie })).body.toString())).toEqual({
      name: ["Ada"],
      photo: [`grüße.jpg ${createHash("sha256").update(DATA).digest("hex")}`],
    });
  });

  test("no route, and an exception: Symfony's own pages, and a line in our log", async () => {
    const missing = await get("/nowhere");
    expect(missing.status).toBe(404);
    expect(missing.body.toString()).toContain('The server returned a "404 Not Found".');
    const broken = await get("/broken");
    expect(broken.status).toBe(500);
    expect(broken.body.toString()).toContain('The server returned a "500 Internal Server Error".');
    expect(broken.body.toString()).not.toContain("This page is broken.");
    expect(proxy.output()).toMatch(/\[php\] .*RuntimeException: "This page is broken\."/);
  });

  test("what the project keeps beside its public folder is not there", async () => {
    for (const path of ["/../src/Kernel.php", "/%2e%2e/src/Kernel.php", "/var/data.bin"]) {
      expect([path, [400, 404].includes((await get(path)).status)]).toEqual([path, true]);
    }
  });

  test("params of the configuration switch it to debug: the exception with its trace", async () => {
    const configuration = join(folder.path, "debug.config.json");
    const route = {
      fastcgi: { upstream: "php", extensions: [".php"], params: { APP_ENV: "dev", APP_DEBUG: "1" } },
      static: {},
    };
    writeFileSync(
      configuration,
      JSON.stringify({
        root: join(project, "public"),
        upstreams: { php: { addresses: [backend?.php] } },
        routes: [route],
      }),
    );
    const debugging = await startXProxy(["--config", configuration]);
    try {
      const { status, headers, body } = await send(debugging.url, "/broken");
      expect([status, headers["x-debug-exception"]]).toEqual([500, "This%20page%20is%20broken."]);
      expect(body.toString()).toMatch(/<h1[^>]*>\s*This page is broken\./);
      expect(body.toString()).toContain("src/Site.php");
      expect(body.toString()).toMatch(/<\/html>/);
    } finally {
      await debugging.stop();
    }
  });

  test("its project folder: a preset finds `public` in it", async () => {
    const whole = await startXProxy([project, "--php", "auto"]);
    try {
      expect((await send(whole.url, "/hello/you")).status).toBe(200);
      expect(whole.output()).toContain(`  root     ${join(project, "public")}\n`);
      expect(whole.output()).toContain("  site     Symfony: front controller /index.php, ");
      expect((await send(whole.url, "/style.css")).status).toBe(200);
      expect((await send(whole.url, "/var/data.bin")).status).toBe(404);
      expect((await send(whole.url, "/src/Kernel.php")).status).toBe(404);
    } finally {
      await whole.stop();
    }
  });
});
