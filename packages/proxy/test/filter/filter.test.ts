import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Role } from "@x/protocol";
import { beforeEach, describe, expect, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import type { FilterRouteConfig } from "../../src/config/filter-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import { HEAD, serve } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { eventually, openFiles } from "../support/open-files.ts";
import { type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let base: string;
let root: string;

beforeEach(() => {
  base = temporaryFolder();
  root = join(base, "root");
  mkdirSync(root);
});

function put(name: string, text: string, changed = 1_700_000_000): string {
  const path = join(root, name);
  writeFileSync(path, text);
  utimesSync(path, changed, changed);
  return path;
}

const upper: Script = async (request) => {
  const body = await request.body();
  request.end(`Content-Type: text/html\r\n\r\n${body}${(await request.file()).toUpperCase()}`);
};

async function filtered(
  script: Script = upper,
  filter: Partial<FilterRouteConfig> = {},
  more: Partial<RouteConfig> = {},
): Promise<{ gateway: Gateway; backend: ScriptedBackend }> {
  const backend = await ScriptedBackend.listen(script);
  const gateway = serve({
    root,
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ filter: { upstream: "app", ...filter }, ...more }],
  });
  return { gateway, backend };
}

describe("a filter", () => {
  test("[P84] gets the file as DATA after STDIN, with its length and time, and its result is the answer", async () => {
    put("a.md", "hello");
    const { gateway, backend } = await filtered();
    const answer = await ask(gateway, "/a.md?x", { method: "POST", headers: ["Content-Length", "3"], body: ["in:"] });
    expect(answer).toMatchObject({ status: 200, text: "in:HELLO", outcome: "complete" });
    expect(backend.requests[0]?.role).toBe(Role.Filter);
    expect(backend.requests[0]?.params).toMatchObject({
      FCGI_DATA_LENGTH: "5",
      FCGI_DATA_LAST_MOD: "1700000000",
      CONTENT_LENGTH: "3",
      QUERY_STRING: "x",
      PATH_INFO: "/a.md",
      PATH_TRANSLATED: join(root, "a.md"),
    });
  });

  test("gets an empty file", async () => {
    put("empty", "");
    const { gateway, backend } = await filtered();
    expect(await ask(gateway, "/empty")).toMatchObject({ status: 200, text: "" });
    expect(backend.requests[0]?.params["FCGI_DATA_LENGTH"]).toBe("0");
  });

  test("gets a large file whole, and the file is closed", async () => {
    const text = Array.from({ length: 40 }, (_, at) => String.fromCharCode(at + 40).repeat(50_001)).join("");
    const path = put("large", text);
    const { gateway, backend } = await filtered(async (request) => request.end(HEAD + (await request.file()).length));
    expect((await ask(gateway, "/large")).text).toBe(String(text.length));
    expect(backend.requests[0]?.data === text).toBe(true);
    await eventually(() => openFiles(path).length === 0);
  });

  test("that answers without reading all of a large file is done", async () => {
    const path = put("large", "x".repeat(5_000_000));
    const { gateway } = await filtered((request) => request.end(`${HEAD}enough`));
    expect(await ask(gateway, "/large")).toMatchObject({ status: 200, text: "enough", outcome: "complete" });
    await eventually(() => openFiles(path).length === 0);
  });

  test("answers for a folder by its index, and a folder without its slash is redirected", async () => {
    mkdirSync(join(root, "docs"));
    put("docs/index.md", "hi");
    const { gateway, backend } = await filtered(upper, { index: ["index.md"] });
    expect((await ask(gateway, "/docs")).header("location")).toEqual(["/docs/"]);
    expect((await ask(gateway, "/docs/")).text).toBe("HI");
    expect(backend.requests[0]?.params["PATH_INFO"]).toBe("/docs/index.md");
  });

  test("a folder of the route's own stands for the beginning of its path", async () => {
    put("a.md", "hi");
    put("no.md", "hi");
    const { gateway, backend } = await filtered(upper, { root }, { match: "/docs/*", deny: ["/docs/no.md"] });
    expect((await ask(gateway, "/docs/a.md")).text).toBe("HI");
    expect(backend.requests[0]?.params).toMatchObject({
      SCRIPT_NAME: "/docs",
      PATH_INFO: "/a.md",
      PATH_TRANSLATED: join(root, "a.md"),
    });
    expect((await ask(gateway, "/docs/no.md")).status).toBe(404);
  });

  test("the configuration's script and params win, and what an authorizer said cannot touch the file's", async () => {
    put("a", "x");
    const guard = await ScriptedBackend.listen((request) =>
      request.end("Status: 200\r\nVariable-FCGI_DATA_LENGTH: 9\r\nVariable-WHO: ada\r\n\r\n"),
    );
    const backend = await ScriptedBackend.listen(upper);
    const gateway = serve({
      root,
      upstreams: { app: { addresses: [backend.address] }, guard: { addresses: [guard.address] } },
      routes: [
        {
          authorize: { upstream: "guard" },
          filter: { upstream: "app", script: "/srv/f.php", params: { STYLE: "dark" } },
        },
      ],
    });
    await ask(gateway, "/a");
    expect(backend.requests[0]?.params).toMatchObject({
      SCRIPT_FILENAME: "/srv/f.php",
      STYLE: "dark",
      WHO: "ada",
      FCGI_DATA_LENGTH: "1",
    });
  });

  test.each(["/none.md", "/.env", "/a.md~", "/a.php", "/secret.md", "/out.md", "/fifo"])(
    "[TD01][TD10] never gets %s, and is not asked",
    async (path) => {
      for (const name of [".env", "a.md~", "a.php", "secret.md"]) put(name, "secret");
      writeFileSync(join(base, "outside.md"), "secret");
      symlinkSync(join(base, "outside.md"), join(root, "out.md"));
      execFileSync("mkfifo", [join(root, "fifo")]);
      const { gateway, backend } = await filtered(upper, {}, { deny: ["/secret.md"] });
      expect((await ask(gateway, path)).status).toBe(404);
      expect(backend.requests).toEqual([]);
    },
  );

  test("a file that becomes shorter while it is sent cuts the answer", async () => {
    const path = put("large", "x".repeat(20_000_000));
    const { gateway, backend } = await filtered((request) => {
      request.socket.pause();
      request.write(`${HEAD}begun`);
    });
    const exchange = new MemoryExchange("/large");
    gateway.dispatch(exchange, exchange);
    const { socket } = await backend.request(0);
    // The client has the head: what happens now comes too late for another one.
    await exchange.until(() => exchange.text === "begun");
    truncateSync(path, 1_000);
    socket.resume();
    expect(await exchange.over()).toMatchObject({ status: 200, text: "begun", outcome: "aborted" });
    await eventually(() => openFiles(path).length === 0);
  });

  test("a file that grows while it is sent stays as long as it was", async () => {
    const path = put("large", "x".repeat(2_000_000));
    const { gateway } = await filtered(async (request) => {
      appendFileSync(path, "more");
      request.end(HEAD + (await request.file()).length);
    });
    expect((await ask(gateway, "/large")).text).toBe("2000000");
  });

  test("of a client that has gone is aborted, and the file is closed", async () => {
    const path = put("large", "x".repeat(5_000_000));
    const { gateway, backend } = await filtered((request) => void request.socket.pause());
    const exchange = new MemoryExchange("/large");
    gateway.dispatch(exchange, exchange);
    const asked = await backend.request(0);
    exchange.onAbort?.();
    asked.socket.resume();
    await asked.aborted();
    await eventually(() => openFiles(path).length === 0);
  });

  test("an address that is not there leaves a large file to the next", async () => {
    put("large", "y".repeat(100_000));
    const backend = await ScriptedBackend.listen(async (request) => request.end(HEAD + (await request.file()).length));
    const gateway = serve({
      root,
      upstreams: { app: { addresses: [`unix:${join(base, "nobody.sock")}`, backend.address] } },
      routes: [{ filter: { upstream: "app" } }],
    });
    expect((await ask(gateway, "/large")).text).toBe("100000");
  });
});

describe("the validators of a filter's result", () => {
  test("come from the file, and a client that has them is answered without the filter", async () => {
    put("a.md", "hello");
    const { gateway, backend } = await filtered();
    const first = await ask(gateway, "/a.md");
    const etag = first.header("etag")[0] ?? "";
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
    expect(first.header("last-modified")).toEqual(["Tue, 14 Nov 2023 22:13:20 GMT"]);
    for (const headers of [
      ["If-None-Match", etag],
      ["If-None-Match", `"x", ${etag.slice(2)}`],
      ["If-None-Match", "*"],
      ["If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"],
    ]) {
      const again = await ask(gateway, "/a.md", { headers });
      expect(again).toMatchObject({ status: 304, text: "" });
      expect(again.header("etag")).toEqual([etag]);
      expect((await ask(gateway, "/a.md", { headers, method: "HEAD" })).status).toBe(304);
    }
    expect(backend.requests).toHaveLength(1);
  });

  test.each([
    [["If-None-Match", '"other"']],
    [["If-None-Match", '"other"', "If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"]],
    [["If-Modified-Since", "Wed, 15 Nov 2023 22:13:20 GMT"]],
  ])("do not match %j", async (headers) => {
    put("a.md", "hello");
    const { gateway } = await filtered();
    expect((await ask(gateway, "/a.md", { headers })).status).toBe(200);
  });

  test("HEAD has the head alone", async () => {
    put("a.md", "hello");
    const { gateway } = await filtered();
    const get = await ask(gateway, "/a.md");
    expect(await ask(gateway, "/a.md", { method: "HEAD" })).toMatchObject({
      status: 200,
      text: "",
      headers: get.headers,
    });
  });

  test("differ for two changes within one second, and for the same file with another version of the filter", async () => {
    const tags = new Set<string>();
    for (const [changed, version] of [
      [1_700_000_000.25, ""],
      [1_700_000_000.5, ""],
      [1_700_000_000.5, "2"],
    ] as const) {
      put("a.md", "hello", changed);
      const { gateway } = await filtered(upper, { version });
      tags.add((await ask(gateway, "/a.md")).header("etag")[0] ?? "");
    }
    expect(tags.size).toBe(3);
  });

  test("are not given to a file that has just been changed: the next change might look the same", async () => {
    // In a minute: a machine that takes two seconds to ask may not make it old.
    put("a.md", "hello", Date.now() / 1_000 + 60);
    const { gateway } = await filtered();
    const answer = await ask(gateway, "/a.md", { headers: ["If-None-Match", "*"] });
    expect(answer.status).toBe(200);
    expect([answer.header("etag"), answer.header("last-modified")]).toEqual([[], []]);
  });

  test.each(["Set-Cookie: a", 'ETag: "own"', "Cache-Control: private, no-store", "Status: 404"])(
    "are not added to a result with %s",
    async (field) => {
      put("a.md", "hello");
      const { gateway } = await filtered((request) => request.end(`${field}\r\n${HEAD}x`));
      const answer = await ask(gateway, "/a.md");
      expect(answer.header("last-modified")).toEqual([]);
      expect(answer.header("etag")).toEqual(field.startsWith("ETag") ? ['"own"'] : []);
    },
  );

  test("can be turned off", async () => {
    put("a.md", "hello");
    const { gateway } = await filtered(upper, { validators: false });
    const answer = await ask(gateway, "/a.md", { headers: ["If-None-Match", "*"] });
    expect(answer.status).toBe(200);
    expect(answer.header("etag")).toEqual([]);
  });

  test("of a file that is gone are nobody's", async () => {
    const path = put("a.md", "hello");
    const { gateway } = await filtered();
    const etag = (await ask(gateway, "/a.md")).header("etag")[0] ?? "";
    rmSync(path);
    expect((await ask(gateway, "/a.md", { headers: ["If-None-Match", etag] })).status).toBe(404);
  });
});
