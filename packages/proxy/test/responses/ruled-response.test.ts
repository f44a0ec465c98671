import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import type { ProxyConfig } from "../../src/config/define-config.ts";
import { application, serve } from "../support/application.ts";
import { MemoryExchange, ask } from "../support/memory-exchange.ts";
import type { Script } from "../support/scripted-backend.ts";

const TEXT = "all work and no play makes Jack a dull boy\n".repeat(100);

function bytes({ text }: MemoryExchange): Buffer {
  return Buffer.from(text, "latin1");
}

function saying(head: string, body = TEXT): Script {
  return (request) => request.end(`${head}\r\n\r\n${body}`);
}

async function compressing(script: Script, config: Partial<ProxyConfig> = {}) {
  const { gateway } = await application(script, { config: { compress: true, ...config } });
  return gateway;
}

describe("headers", () => {
  const routes: ProxyConfig["routes"] = [
    {
      match: "/a",
      respond: { body: "a", headers: { Server: "x", "X-A": "own" } },
      headers: { set: { "x-a": "route" } },
    },
    { respond: { body: "b", headers: { Server: "x", "X-C": "own" } } },
  ];
  const headers = { remove: ["server"], set: { "X-A": "all" }, add: { "X-C": "more" } };

  test("those of the route stand behind those of the configuration", async () => {
    const gateway = serve({ headers, routes });
    const a = await ask(gateway, "/a");
    expect([a.header("server"), a.header("x-a"), a.header("x-c")]).toEqual([[], ["route"], ["more"]]);
    const b = await ask(gateway, "/b");
    expect([b.header("x-a"), b.header("x-c")]).toEqual([["all"], ["own", "more"]]);
  });

  test("errors have them, too, with a route and without one", async () => {
    const gateway = serve({ headers, routes: [{ match: "/x", access: { deny: ["all"] }, respond: {} }] });
    expect((await ask(gateway, "/x")).header("x-a")).toEqual(["all"]);
    expect(await ask(gateway, "/y")).toMatchObject({ status: 404 });
    expect((await ask(gateway, "/y")).header("x-a")).toEqual(["all"]);
  });

  test("those of the route where a rewrite leads, not of the one that it came from", async () => {
    const gateway = serve({
      routes: [
        { match: "/go", rewrite: "/a", headers: { set: { "X-From": "go" } } },
        { respond: {}, headers: { set: { "X-To": "a" } } },
      ],
    });
    const got = await ask(gateway, "/go");
    expect([got.header("x-from"), got.header("x-to")]).toEqual([[], ["a"]]);
  });

  test("https alone is asked for over https alone", async () => {
    const gateway = serve({ hsts: { maxAge: "2d", includeSubDomains: true }, routes });
    expect((await ask(gateway, "/a")).header("strict-transport-security")).toEqual([]);
    const got = await ask(gateway, "/a", { scheme: "https" });
    expect(got.header("strict-transport-security")).toEqual(["max-age=172800; includeSubDomains"]);
  });
});

describe("compression", () => {
  test.each<[string, (body: Buffer) => Buffer]>([
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
    ["zstd", zstdDecompressSync],
  ])("%s: the same bytes, and headers that say so", async (encoding, decode) => {
    const gateway = await compressing(
      saying(`Content-Type: text/html\r\nContent-Length: ${TEXT.length}\r\nETag: "a"\r\nVary: Cookie`),
    );
    const got = await ask(gateway, "/", { headers: ["Accept-Encoding", encoding] });
    expect(decode(bytes(got)).toString()).toBe(TEXT);
    expect(got.text.length).toBeLessThan(TEXT.length);
    expect(got.header("content-encoding")).toEqual([encoding]);
    expect(got.header("content-length")).toEqual([]);
    expect(got.header("etag")).toEqual(['W/"a"']);
    expect(got.header("vary")).toEqual(["Cookie, Accept-Encoding"]);
  });

  test.each<[string, string, string[], string[]]>([
    ["who takes none", "Content-Type: text/html", [], ["Accept-Encoding"]],
    ["[TH15] one that sets a cookie", "Content-Type: text/html\r\nSet-Cookie: a=b", ["gzip"], []],
    ["a picture", "Content-Type: image/png", ["gzip"], []],
    ["server-sent events", "Content-Type: text/event-stream", ["gzip"], []],
    ["one that is compressed already", "Content-Type: text/html\r\nContent-Encoding: br", ["gzip"], []],
    ["one that forbids it", "Content-Type: text/html\r\nCache-Control: public, no-transform", ["gzip"], []],
    ["a part", "Status: 206\r\nContent-Type: text/html\r\nContent-Range: bytes 0-1/5", ["gzip"], []],
  ])("not for %s", async (_title, head, accepted, vary) => {
    const gateway = await compressing(saying(head));
    const got = await ask(gateway, "/", { headers: accepted.flatMap((it) => ["Accept-Encoding", it]) });
    expect(got.text).toBe(TEXT);
    expect(got.header("vary")).toEqual(vary);
  });

  test("not for what is small, nor where a route says so; for cookies where it says so", async () => {
    const headers = ["Accept-Encoding", "gzip"];
    const small = await compressing(saying("Content-Type: text/html\r\nContent-Length: 2", "hi"));
    expect((await ask(small, "/", { headers })).text).toBe("hi");
    const script = saying("Content-Type: text/html\r\nSet-Cookie: a=b");
    const gateway = await compressing(script, {
      routes: [
        { match: "/off", compress: false, fastcgi: { upstream: "app" } },
        { compress: { withCookies: true, encodings: ["gzip"] }, fastcgi: { upstream: "app" } },
      ],
    });
    expect((await ask(gateway, "/off", { headers })).header("content-encoding")).toEqual([]);
    expect((await ask(gateway, "/on", { headers })).header("content-encoding")).toEqual(["gzip"]);
  });

  test("HEAD says what varies, and has no body", async () => {
    const gateway = await compressing(saying("Content-Type: text/html", ""));
    const got = await ask(gateway, "/", { method: "HEAD", headers: ["Accept-Encoding", "gzip"] });
    expect([got.text, got.header("vary"), got.header("content-encoding")]).toEqual(["", ["Accept-Encoding"], []]);
  });

  test("what an application has written arrives while it goes on", async () => {
    let finish: (() => void) | undefined;
    const gateway = await compressing((request) => {
      request.write("Content-Type: text/html\r\n\r\nfirst");
      finish = () => request.end(" last");
    });
    const exchange = new MemoryExchange("/", { headers: ["Accept-Encoding", "gzip"] });
    gateway.dispatch(exchange, exchange);
    const sofar = (): string => {
      const options = { finishFlush: constants.Z_SYNC_FLUSH };
      return exchange.text === "" ? "" : gunzipSync(bytes(exchange), options).toString();
    };
    await exchange.until(() => sofar() === "first");
    finish?.();
    await exchange.over();
    expect(gunzipSync(bytes(exchange)).toString()).toBe("first last");
  });

  test("a slow client makes the application wait, and gets all of it", async () => {
    const noise = Array.from({ length: 300_000 }, (_it, at) => ((at * 2_654_435_761) >>> 7).toString(36)).join("");
    const { gateway } = await application(saying("Content-Type: text/plain", noise), {
      route: { buffer: "off" },
      config: { compress: true },
    });
    const exchange = new MemoryExchange("/", { headers: ["Accept-Encoding", "gzip"] });
    exchange.takes = false;
    gateway.dispatch(exchange, exchange);
    await exchange.until(() => exchange.text.length > 0);
    exchange.drain();
    await exchange.over();
    expect(gunzipSync(bytes(exchange)).toString() === noise).toBe(true);
  });

  test("[TG18] an application that dies midway is no whole answer", async () => {
    const gateway = await compressing((request) => {
      request.write("Content-Type: text/html\r\n\r\nfirst");
      request.kill();
    });
    const got = await ask(gateway, "/", { headers: ["Accept-Encoding", "gzip"] });
    expect(got.outcome).toBe("aborted");
  });
});
