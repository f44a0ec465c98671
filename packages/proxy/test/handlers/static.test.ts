import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";

import type { LimitsConfig, StaticRouteConfig } from "../../src/config/define-config.ts";
import { type Gateway, createGateway } from "../../src/gateway.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import { eventually, openFiles } from "../support/open-files.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let base: string;
let root: string;

beforeEach(() => {
  base = temporaryFolder();
  root = join(base, "root");
  mkdirSync(root);
});

function put(name: string, text: string): void {
  const path = join(root, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

function serve(route: true | StaticRouteConfig = true, limits: LimitsConfig = {}): Gateway {
  const gateway = createGateway({ root, routes: [{ static: route }], limits });
  onTestFinished(() => gateway.destroy());
  return gateway;
}

const MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT";

describe("a file", () => {
  test("is served with its type, length and validators", async () => {
    put("a.css", "body{}");
    const answer = await ask(serve(), "/a.css?x");
    expect(answer).toMatchObject({ status: 200, text: "body{}", outcome: "complete" });
    expect(answer.header("content-type")).toEqual(["text/css; charset=utf-8"]);
    expect(answer.header("content-length")).toEqual(["6"]);
    expect(answer.header("last-modified")).toEqual([MODIFIED]);
    expect(answer.header("etag")).toHaveLength(1);
    expect(answer.header("accept-ranges")).toEqual(["bytes"]);
    expect(answer.header("x-content-type-options")).toEqual(["nosniff"]);
    expect(answer.header("cache-control")).toEqual([]);
  });

  test("HEAD is the same without the body", async () => {
    put("a.css", "body{}");
    const gateway = serve();
    const get = await ask(gateway, "/a.css");
    expect(await ask(gateway, "/a.css", { method: "HEAD" })).toMatchObject({
      status: 200,
      text: "",
      headers: get.headers,
    });
  });

  test("an empty one is served too", async () => {
    put("empty.txt", "");
    expect(await ask(serve(), "/empty.txt")).toMatchObject({ status: 200, text: "", outcome: "complete" });
  });

  test("a large one arrives whole, at the client's pace", async () => {
    const text = Array.from({ length: 40 }, (_, at) => String.fromCharCode(at + 32).repeat(50_000)).join("");
    put("large.bin", text);
    const exchange = new MemoryExchange("/large.bin");
    exchange.takes = false;
    serve().dispatch(exchange, exchange);
    while (exchange.text.length < text.length) {
      const before = exchange.text.length;
      exchange.onDrain?.();
      await exchange.until(() => exchange.text.length > before);
    }
    exchange.onDrain?.();
    expect((await exchange.over()).text === text).toBe(true);
  });

  test.each<[string, string[], number, string, string[]]>([
    ["the first bytes", ["Range", "bytes=0-3"], 206, "0123", ["bytes 0-3/10"]],
    ["the last bytes", ["Range", "bytes=-3"], 206, "789", ["bytes 7-9/10"]],
    ["from a place on", ["Range", "bytes=8-"], 206, "89", ["bytes 8-9/10"]],
    ["out of the file", ["Range", "bytes=10-"], 416, "", ["bytes */10"]],
    ["[TH11] several", ["Range", "bytes=0-1,3-4"], 200, "0123456789", []],
    ["malformed", ["Range", "lines=0-1"], 200, "0123456789", []],
    ["of another version", ["Range", "bytes=0-3", "If-Range", '"other"'], 200, "0123456789", []],
  ])("range: %s", async (_title, headers, status, text, range) => {
    put("digits.txt", "0123456789");
    const answer = await ask(serve(), "/digits.txt", { headers });
    expect(answer.status).toBe(status);
    if (status !== 416) expect(answer.text).toBe(text);
    expect(answer.header("content-range")).toEqual(range);
  });

  test("is not sent again to whoever has it", async () => {
    put("a.txt", "hello");
    const gateway = serve();
    const [etag] = (await ask(gateway, "/a.txt")).header("etag");
    expect(await ask(gateway, "/a.txt", { headers: ["If-None-Match", etag ?? ""] })).toMatchObject({
      status: 304,
      text: "",
    });
    expect(
      await ask(gateway, "/a.txt", { headers: ["If-None-Match", '"x"', "If-None-Match", etag ?? ""] }),
    ).toMatchObject({ status: 304 });
    expect(await ask(gateway, "/a.txt", { headers: ["If-Modified-Since", MODIFIED] })).toMatchObject({ status: 304 });
    expect(await ask(gateway, "/a.txt", { headers: ["If-Match", '"other"'] })).toMatchObject({ status: 412 });
  });

  test("Cache-Control is as configured", async () => {
    put("a.txt", "hello");
    expect((await ask(serve({ maxAge: "1h" }), "/a.txt")).header("cache-control")).toEqual(["public, max-age=3600"]);
    expect((await ask(serve({ maxAge: 60_000, immutable: true }), "/a.txt")).header("cache-control")).toEqual([
      "public, max-age=60, immutable",
    ]);
  });

  test("[TC12] names are bytes", async () => {
    put("käse %25.txt", "hello");
    expect(await ask(serve(), "/k%c3%a4se%20%2525.txt")).toMatchObject({ status: 200, text: "hello" });
    expect(await ask(serve(), "/k%e4se.txt")).toMatchObject({ status: 404 });
  });
});

describe("a small file that was asked for twice", () => {
  beforeEach(() => {
    // It must have been left alone for a while.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    onTestFinished(() => void vi.useRealTimers());
  });

  /** Asks until it is held. @returns the last answer that came from the disk */
  async function hold(gateway: Gateway, target: string): Promise<MemoryExchange> {
    const files = gateway.stats().fileCache.files + 1;
    await ask(gateway, target);
    const answer = await ask(gateway, target);
    await vi.waitFor(() => expect(gateway.stats().fileCache.files).toBe(files), 10_000);
    return answer;
  }

  test("comes from memory, with the same head, to GET and to HEAD", async () => {
    put("a.css", "body{}");
    const gateway = serve({ maxAge: "1h" });
    const { headers } = await hold(gateway, "/a.css");
    expect(await ask(gateway, "/a.css?x")).toMatchObject({ status: 200, text: "body{}", headers, outcome: "complete" });
    expect(await ask(gateway, "/a.css", { method: "HEAD" })).toMatchObject({ status: 200, text: "", headers });
    expect(gateway.stats().fileCache).toEqual({ files: 1, bytes: 6, hits: 2 });
  });

  test("is what it was replaced by at once, and nothing when it was removed", async () => {
    put("a.css", "body{}");
    const gateway = serve();
    await hold(gateway, "/a.css");
    put("b.css", "BODY{}");
    renameSync(join(root, "b.css"), join(root, "a.css"));
    expect(await ask(gateway, "/a.css")).toMatchObject({ status: 200, text: "BODY{}" });
    expect(gateway.stats().fileCache).toEqual({ files: 0, bytes: 0, hits: 0 });
    await hold(gateway, "/a.css");
    expect(await ask(gateway, "/a.css")).toMatchObject({ status: 200, text: "BODY{}" });
    renameSync(join(root, "a.css"), join(root, "b.css"));
    expect(await ask(gateway, "/a.css")).toMatchObject({ status: 404 });
    expect(gateway.stats().fileCache).toEqual({ files: 0, bytes: 0, hits: 1 });
  });

  test("is asked of the library when the request has conditions or wants a part", async () => {
    put("a.css", "body{}");
    const gateway = serve();
    const [etag = ""] = (await hold(gateway, "/a.css")).header("etag");
    expect(await ask(gateway, "/a.css", { headers: ["If-None-Match", etag] })).toMatchObject({ status: 304 });
    expect(await ask(gateway, "/a.css", { headers: ["Range", "bytes=0-3"] })).toMatchObject({
      status: 206,
      text: "body",
    });
    expect(gateway.stats().fileCache.hits).toBe(0);
  });

  test("belongs to its route: another has headers of its own", async () => {
    put("a.css", "body{}");
    const routes = [
      { match: "/a.css", static: { maxAge: "1h" } },
      { mount: "/m", static: true as const },
    ];
    const gateway = createGateway({ root, routes });
    onTestFinished(() => gateway.destroy());
    await hold(gateway, "/a.css");
    await hold(gateway, "/m/a.css");
    expect((await ask(gateway, "/a.css")).header("cache-control")).toEqual(["public, max-age=3600"]);
    expect((await ask(gateway, "/m/a.css")).header("cache-control")).toEqual([]);
    expect(gateway.stats().fileCache).toEqual({ files: 2, bytes: 12, hits: 2 });
  });

  test("comes from the disk without a cache", async () => {
    put("a.css", "body{}");
    const gateway = serve(true, { fileCache: false });
    for (let count = 0; count < 3; count++) expect(await ask(gateway, "/a.css")).toMatchObject({ text: "body{}" });
    expect(gateway.stats().fileCache).toEqual({ files: 0, bytes: 0, hits: 0 });
  });
});

describe("a folder", () => {
  test("answers with its index", async () => {
    put("docs/index.html", "index");
    put("other/start.htm", "start");
    expect(await ask(serve(), "/docs/")).toMatchObject({ status: 200, text: "index" });
    expect(await ask(serve({ index: ["start.htm"] }), "/other/")).toMatchObject({ status: 200, text: "start" });
  });

  test("[TD14] without slash is redirected, the query is kept", async () => {
    put("a b/index.html", "index");
    const answer = await ask(serve(), "/a%20b?x=%31&y");
    expect(answer).toMatchObject({ status: 301, text: "" });
    expect(answer.header("location")).toEqual(["/a%20b/?x=%31&y"]);
  });

  test("[TC05] a redirect never names another host", async () => {
    put("evil.example/docs/index.html", "index");
    expect((await ask(serve(), "//evil.example/docs")).header("location")).toEqual(["/evil.example/docs/"]);
    expect((await ask(serve(), "/.//evil.example/docs")).header("location")).toEqual(["/evil.example/docs/"]);
  });

  test("[TD14] is never listed", async () => {
    put("empty/x.txt", "");
    expect(await ask(serve(), "/empty/")).toMatchObject({ status: 404 });
    expect(await ask(serve(), "/")).toMatchObject({ status: 404 });
  });
});

describe("is not served", () => {
  test.each<[string, string, number]>([
    ["nothing", "/none", 404],
    ["[TD01] a climb", "/../secret.txt", 400],
    ["[TD01] an encoded climb", "/%2e%2e/secret.txt", 400],
    ["[TD02] a neighbour of the root", "/../rootsecret/x", 400],
    ["[TD07] a script", "/index.php", 404],
    ["[TD09] a script in capitals", "/INDEX.PHP", 404],
    ["[TD09] a script with a dot behind", "/index.php.", 404],
    ["[TD08] a dot file", "/.env", 404],
    ["[TD08] a dot folder", "/.git/config", 404],
    ["[TD08] a backup", "/index.php~", 404],
    ["[TD08] a copy", "/config.php.bak", 404],
    ["[TD10] a link out of the root", "/link.txt", 404],
    ["[TD10] a file in a linked folder", "/out/secret.txt", 404],
    ["[TD11] a FIFO", "/fifo", 404],
    ["[TD11] a device", "/zero", 404],
    ["[TD12] a long name", `/${"x".repeat(300)}`, 404],
    ["a file as a folder", "/a.txt/", 404],
    ["a file as a folder of another", "/a.txt/x", 404],
  ])("%s", async (_title, target, status) => {
    for (const name of [
      "index.php",
      "INDEX.PHP",
      "index.php.",
      ".env",
      ".git/config",
      "index.php~",
      "config.php.bak",
      "a.txt",
    ])
      put(name, "CONFIDENTIAL");
    writeFileSync(join(base, "secret.txt"), "CONFIDENTIAL");
    symlinkSync(join(base, "secret.txt"), join(root, "link.txt"));
    symlinkSync(base, join(root, "out"));
    symlinkSync("/dev/zero", join(root, "zero"));
    execFileSync("mkfifo", [join(root, "fifo")]);
    const answer = await ask(serve(), target);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("CONFIDENTIAL");
  });

  test("[TD08] .well-known is served", async () => {
    put(".well-known/x", "public");
    expect(await ask(serve(), "/.well-known/x")).toMatchObject({ status: 200, text: "public" });
  });

  test("[TA20] anything to POST", async () => {
    put("a.txt", "hello");
    const answer = await ask(serve(), "/a.txt", { method: "POST", headers: ["Content-Length", "1"], body: ["x"] });
    expect(answer.status).toBe(405);
    expect(answer.header("allow")).toEqual(["GET, HEAD"]);
  });
});

test("[TD15] a file that becomes shorter while it is sent is cut visibly", async () => {
  put("shrinks.bin", "x".repeat(1_000_000));
  const exchange = new MemoryExchange("/shrinks.bin");
  exchange.takes = false;
  serve().dispatch(exchange, exchange);
  await exchange.until(() => exchange.text.length > 0);
  truncateSync(join(root, "shrinks.bin"), 70_000);
  exchange.takes = true;
  exchange.onDrain?.();
  expect(await exchange.over()).toMatchObject({ status: 200, outcome: "aborted" });
});

test("[f24] whose client has gone is read no further", async () => {
  put("large.bin", "x".repeat(1_000_000));
  const gateway = serve();
  const exchange = new MemoryExchange("/large.bin");
  exchange.takes = false;
  gateway.dispatch(exchange, exchange);
  await exchange.until(() => exchange.text.length > 0);
  exchange.onAbort?.();
  expect(gateway.stats().active).toBe(0);
});

describe.runIf(process.platform === "linux")("a file that was sent is closed", () => {
  const isClosed = (): Promise<void> => eventually(() => openFiles(root).length === 0);

  beforeEach(() => put("large.bin", "x".repeat(1_000_000)));

  test("when all of it, or a part, has gone out", async () => {
    const gateway = serve();
    expect((await ask(gateway, "/large.bin")).text).toHaveLength(1_000_000);
    await isClosed();
    const part = await ask(gateway, "/large.bin", { headers: ["Range", "bytes=100000-299999"] });
    expect(part.text).toHaveLength(200_000);
    await isClosed();
  });

  test("[f24] when the client has gone, at once or while it is read", async () => {
    const gateway = serve();
    const stuck = new MemoryExchange("/large.bin");
    stuck.takes = false;
    gateway.dispatch(stuck, stuck);
    await stuck.until(() => stuck.text.length > 0);
    expect(openFiles(root)).toEqual([join(root, "large.bin")]);
    stuck.onAbort?.();
    await isClosed();
    const reading = new MemoryExchange("/large.bin");
    gateway.dispatch(reading, reading);
    await reading.until(() => reading.text.length > 0);
    reading.onAbort?.();
    await isClosed();
    expect(reading.text.length).toBeLessThan(1_000_000);
  });

  test("[TD15] when it became shorter", async () => {
    const exchange = new MemoryExchange("/large.bin");
    exchange.takes = false;
    serve().dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.length > 0);
    truncateSync(join(root, "large.bin"), 1);
    exchange.drain();
    expect(await exchange.over()).toMatchObject({ outcome: "aborted" });
    await isClosed();
  });
});
