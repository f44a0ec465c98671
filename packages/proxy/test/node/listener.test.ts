import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { poisonReleasedSlabs } from "@x/client";
import { describe, expect, test } from "vitest";

import type { FastCGIRouteConfig, ProxyConfig } from "../../src/config/define-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import { listen } from "../support/http-server.ts";
import { RawClient } from "../support/raw-client.ts";
import { type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

poisonReleasedSlabs(true);

interface Served {
  readonly client: RawClient;
  readonly backend: ScriptedBackend;
  readonly gateway: Gateway;
  readonly port: number;
}

async function serve(
  script: Script,
  route: Partial<FastCGIRouteConfig> = {},
  config: Partial<ProxyConfig> = {},
): Promise<Served> {
  const backend = await ScriptedBackend.listen(script);
  const root = temporaryFolder();
  writeFileSync(join(root, "file.css"), "body{}");
  const { port, gateway } = await listen({
    root,
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ match: "/file.css", static: true }, { fastcgi: { upstream: "app", ...route } }],
    errors: "plain",
    ...config,
  });
  return { client: new RawClient(port), backend, gateway, port };
}

const HEAD = "Content-Type: text/plain\r\n\r\n";
const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const LAST = "Connection: close\r\n";

/** A response without the headers of node:http's own. */
function plain(response: string): string {
  return response.replace(/(?:Date|Keep-Alive): .*\r\n/g, "");
}

describe("a response on the wire", () => {
  test("known at once has its length, in one piece", async () => {
    const { client } = await serve((request) => request.end(`Status: 201 Made\r\n${HEAD}hello`));
    const response = await client.write(get("/", LAST)).closed();
    expect(plain(response)).toBe(
      "HTTP/1.1 201 Made\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    );
    expect(response).toMatch(/\r\nDate: /);
  });

  test("without a body has the length 0", async () => {
    const { client } = await serve((request) => request.end(HEAD));
    expect(plain(await client.write(get("/", LAST)).closed())).toMatch(/\r\nContent-Length: 0\r\n/);
  });

  test("that comes in pieces is chunked, and at once", async () => {
    const { client, backend } = await serve((request) => void request.write(`${HEAD}one`));
    client.write(get("/", LAST));
    await client.until(/\r\nTransfer-Encoding: chunked\r\n[^]*\r\n3\r\none\r\n$/);
    backend.requests[0]?.write("two");
    await client.until(/\r\n3\r\ntwo\r\n$/);
    backend.requests[0]?.end();
    expect(await client.closed()).toMatch(/\r\n0\r\n\r\n$/);
  });

  test("a head alone is sent at once too", async () => {
    const { client, backend } = await serve((request) => void request.write("Content-Type: text/event-stream\r\n\r\n"));
    await client.write(get("/")).until(/text\/event-stream\r\n[^]*\r\n\r\n/);
    backend.requests[0]?.end();
  });

  test.each([
    ["small", "\xff\x00\x80"],
    ["large", "\xff\x00\x80".repeat(50_000)],
  ])("[TG10] bytes from 0x80 on stay as they are, in the head and in a %s body", async (_title, body) => {
    const { client } = await serve((request) => request.end(`X-Name: \xe4\xff\x80\r\n${HEAD}${body}`));
    const response = await client.write(get("/", LAST).replace("1.1", "1.0")).closed();
    expect(response).toContain("\r\nX-Name: \xe4\xff\x80\r\n");
    expect(response.endsWith(`\r\n\r\n${body}`)).toBe(true);
  });

  test("[TG16] repeated headers are repeated", async () => {
    const { client } = await serve((request) =>
      request.end(`Set-Cookie: a\r\nset-cookie: b\r\nSet-Cookie: c\r\n${HEAD}`),
    );
    expect(await client.write(get("/", LAST)).closed()).toContain(
      "\r\nSet-Cookie: a\r\nset-cookie: b\r\nSet-Cookie: c\r\n",
    );
  });

  test("[TG07] framing is ours", async () => {
    const { client } = await serve((request) =>
      request.end(`Transfer-Encoding: chunked\r\nContent-Length: 5\r\n${HEAD}5\r\nhello`),
    );
    const response = await client.write(get("/", LAST)).closed();
    expect(response).not.toContain("Transfer-Encoding");
    expect(response).toMatch(/Content-Length: 5\r\n[^]*\r\n\r\n5\r\nhe$/);
  });

  test("[TG05] a body longer than announced cannot pose as another response", async () => {
    const { client } = await serve((request) => {
      if (request.params["PATH_INFO"] === "/forged")
        request.end(`Content-Length: 3\r\n${HEAD}helloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL`);
      else request.end(`${HEAD}next`);
    });
    const response = await client.write(get("/forged") + get("/", LAST)).closed();
    expect(response).not.toContain("EVIL");
    expect(response).toMatch(/\r\n\r\nhelHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnext$/);
  });

  test.each([
    ["HEAD", "HEAD", `Content-Length: 5\r\n${HEAD}hello`, "\r\nContent-Length: 5\r\n"],
    ["204", "GET", "Status: 204\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 204 "],
    ["304", "GET", `Status: 304\r\nETag: "x"\r\n\r\nhello`, "HTTP/1.1 304 "],
  ])("[TG11] %s has no body, and the connection goes on", async (_title, method, output, expected) => {
    const { client } = await serve((request) =>
      request.end(request.params["PATH_INFO"] === "/next" ? `${HEAD}next` : output),
    );
    const response = await client.write(get("/").replace("GET", method) + get("/next", LAST)).closed();
    expect(response).toContain(expected);
    expect(response).not.toContain("hello");
    expect(response).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*next$/);
    if (method === "GET") expect(response.split("HTTP/1.1 200")[0]).not.toContain("Content-Length");
  });

  test("103 goes ahead, not to HTTP/1.0", async () => {
    const output = `Status: 103\r\nLink: </a.css>\r\n\r\n${HEAD}hello`;
    const { client, port } = await serve((request) => request.end(output));
    expect(await client.write(get("/", LAST)).closed()).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
    expect(await new RawClient(port).write(get("/", LAST).replace("1.1", "1.0")).closed()).toMatch(
      /^HTTP\/1\.1 200 OK\r\n/,
    );
  });

  test("[f21] waits for a slow reader, and arrives whole", async () => {
    const { client, backend } = await serve(() => {});
    client.socket.pause();
    client.write(get("/", LAST).replace("1.1", "1.0"));
    const request = await backend.request(0);
    request.write(HEAD);
    let body = "";
    for (let at = 0; request.socket.writableLength < 1_000_000 && at < 4_000; at++) {
      const piece = String.fromCharCode(at % 256).repeat(60_000);
      request.write(piece);
      body += piece;
      await new Promise(setImmediate);
    }
    expect(body.length).toBeLessThan(4_000 * 60_000);
    request.end();
    client.socket.resume();
    const response = await client.closed();
    expect(response.slice(response.indexOf("\r\n\r\n") + 4) === body).toBe(true);
  });
});

describe("an application that dies", () => {
  /** The error that ends a client's connection. */
  function failureOf(client: RawClient): Promise<string | undefined> {
    return new Promise((resolve) => {
      client.socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      client.socket.once("end", () => resolve(undefined));
    });
  }

  test("[f01] before its head: 502, and the next request on the connection works", async () => {
    const { client } = await serve((request) => {
      if (request.params["PATH_INFO"] === "/die") request.kill();
      else request.end(`${HEAD}fine`);
    });
    const response = await client.write(get("/die") + get("/", LAST)).closed();
    expect(response).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*HTTP\/1\.1 200 OK\r\n[^]*fine$/);
  });

  test.each([
    ["chunked", ""],
    ["of known length", "Content-Length: 30\r\n"],
  ])("[TG18] after its head, %s: a reset without the end, and the next request works", async (_title, length) => {
    const { client, backend, port } = await serve((request) => {
      if (request.params["PATH_INFO"] === "/die") request.write(`${length}${HEAD}half`);
      else request.end(`${HEAD}fine`);
    });
    const failure = failureOf(client);
    client.write(get("/die"));
    await client.until(/half(?:\r\n)?$/);
    backend.requests[0]?.kill();
    expect(await failure).toBe("ECONNRESET");
    expect(client.received).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(await new RawClient(port).write(get("/", LAST)).closed()).toMatch(/fine$/);
  });

  test("[TG18] after its head, to HTTP/1.0, where only a reset tells it from the end", async () => {
    const { client, backend } = await serve((request) => void request.write(`${HEAD}half`));
    const failure = failureOf(client);
    client.write(get("/").replace("1.1", "1.0"));
    await client.until(/half$/);
    backend.requests[0]?.kill();
    expect(await failure).toBe("ECONNRESET");
  });

  test("[TG06] or ends too early: the same", async () => {
    const { client, backend } = await serve((request) => void request.write(`Content-Length: 30\r\n${HEAD}half`));
    const failure = failureOf(client);
    client.write(get("/"));
    await client.until(/half$/);
    backend.requests[0]?.end();
    expect(await failure).toBe("ECONNRESET");
  });

  test("in a pipelined request does not harm the response before", async () => {
    const { client, backend } = await serve((request) => {
      if (request.params["PATH_INFO"] === "/die") request.write(`${HEAD}half`).kill();
    });
    const failure = failureOf(client);
    client.write(get("/slow") + get("/die"));
    const [one, two] = [await backend.request(0), await backend.request(1)];
    const [slow, dying] = one.params["PATH_INFO"] === "/slow" ? [one, two] : [two, one];
    await dying.aborted();
    slow.end(`${HEAD}whole`);
    expect(await failure).toBe("ECONNRESET");
    expect(client.received).toMatch(/\r\n\r\nwhole/);
    expect(client.received).not.toContain("half\r\n0\r\n");
  });
});

describe("a request on the wire", () => {
  test("[TA18] pipelined ones are answered in their order", async () => {
    const { client, backend } = await serve(async (request) => {
      if (request.params["PATH_INFO"] === "/1") await backend.request(1);
      request.end(`${HEAD}${request.params["PATH_INFO"]}-${await request.body()}`);
    });
    const one = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none";
    const two = `POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${LAST}\r\n3\r\ntwo\r\n0\r\n\r\n`;
    expect(await client.write(one + two).closed()).toMatch(/\r\n\r\n\/1-oneHTTP\/1\.1 200[^]*\r\n\r\n\/2-two$/);
  });

  test.each([
    [
      "[TA01] both lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
      400,
    ],
    [
      "[TA07] a coding with a parameter",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["[TA08] ,chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400],
    ["[TA09] gzip, chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501],
    ["[TA10] chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    [
      "[TA12] a chunk size that is none",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      400,
    ],
    ["[TA12] a chunk without its end", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZXX", 400],
    ["[TA27] HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
    ["[TA26] TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    ["[TC01] two Host lines", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400],
    ["[TC02] no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["[TC03] another server", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["[TC08] a fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["[TC09] a NUL", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["[TA29] a long target", `GET /${"x".repeat(8_192)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ["[TA29] many header bytes", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(16_384)}\r\n\r\n`, 431],
    ["[TA29] many header lines", `GET / HTTP/1.1\r\nHost: a\r\n${"X: 1\r\n".repeat(100)}\r\n`, 431],
    ["[TA05] a length beyond 2^53", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740993\r\n\r\n", 413],
  ])("%s never reaches the application", async (_title, bytes, status) => {
    const { client, backend } = await serve((request) => request.end(HEAD));
    expect(await client.write(bytes).until(/^HTTP\/1\.1 \d+ [^]*\r\n\r\n/)).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} `),
    );
    expect(backend.connections).toBe(0);
  });

  test("[TA15] [V21] trailers become no variables", async () => {
    const { client, backend } = await serve(async (request) => request.end(HEAD + (await request.body())));
    client.write(
      `POST / HTTP/1.1\r\nHost: a\r\n${LAST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Real-IP: 1\r\nAuthorization: x\r\n\r\n`,
    );
    expect(await client.closed()).toMatch(/abc$/);
    expect(Object.keys(backend.requests[0]?.params ?? {}).filter((name) => name.startsWith("HTTP_"))).toEqual([
      "HTTP_HOST",
    ]);
  });

  test("[TA20] the body of a refused request is never taken for a request", async () => {
    const { client, backend } = await serve((request) => request.end(HEAD));
    client.write("POST /file.css HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n");
    await client.until(/^HTTP\/1\.1 405 [^]*\r\nConnection: close\r\n[^]*\r\n\r\n/);
    client.write(get("/admin"));
    const response = await client.closed();
    expect(response.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(backend.connections).toBe(0);
  });

  test("[TA20] a refused request that came whole does not cost the connection", async () => {
    const { client } = await serve((request) => request.end(`${HEAD}next`));
    const response = await client
      .write(`POST /file.css HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello${get("/", LAST)}`)
      .closed();
    expect(response).toMatch(/^HTTP\/1\.1 405 [^]*HTTP\/1\.1 200 OK\r\n[^]*next$/);
  });

  test("[TA21] an unwanted body is refused before it is sent", async () => {
    const { client, backend } = await serve((request) => request.end(HEAD), {}, { limits: { body: 10 } });
    const response = await client
      .write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
      .closed();
    expect(response).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/);
    expect(backend.connections).toBe(0);
  });

  test.each(["on", "off"] as const)('[TA21] a wanted body is asked for once (buffer: "%s")', async (buffer) => {
    const { client } = await serve(async (request) => request.end(HEAD + (await request.body())), { buffer });
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${LAST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    expect(await client.write("hello").closed()).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*hello$/,
    );
  });

  test("[TA24] Upgrade is an ordinary request", async () => {
    const { client, backend } = await serve((request) => request.end(`${HEAD}plain`));
    expect(await client.write(get("/", "Connection: Upgrade, close\r\nUpgrade: websocket\r\n")).closed()).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[^]*plain$/,
    );
    expect(backend.requests[0]?.params).not.toHaveProperty("HTTP_UPGRADE");
  });

  test("[f22] an upload that is cut never reaches the application", async () => {
    const { client, backend, gateway, port } = await serve((request) => request.end(`${HEAD}fine`));
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    client.socket.end();
    await client.closed();
    expect(await new RawClient(port).write(get("/", LAST)).closed()).toMatch(/fine$/);
    expect(backend.requests).toHaveLength(1);
    expect(gateway.stats().active).toBe(0);
  });

  test('[f22] with buffer: "off" its end is never told', async () => {
    const { client, backend } = await serve(() => {}, { buffer: "off" });
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    const request = await backend.request(0);
    await request.received(5);
    client.socket.destroy();
    await request.aborted();
    expect(request.stdinEnded).toBe(false);
  });

  test("[f24] whose client has gone is aborted, waiting or answered in part", async () => {
    const { client, backend, gateway, port } = await serve((request) => {
      if (request.params["PATH_INFO"] === "/half") request.write(`${HEAD}half`);
    });
    client.write(get("/"));
    const waiting = await backend.request(0);
    const other = new RawClient(port).write(get("/half"));
    await other.until(/half/);
    client.socket.destroy();
    other.socket.destroy();
    await waiting.aborted();
    await backend.requests[1]?.aborted();
    expect(gateway.stats().active).toBe(0);
  });

  test("streamed and answered before its end: the rest is thrown away, the connection goes on", async () => {
    const { client, backend } = await serve((request) => request.end(`${HEAD}early`), { buffer: "off" });
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    await client.until(/early/);
    client.write(`world${get("/", LAST)}`);
    const response = await client.closed();
    expect(response.match(/early/g)?.length).toBeLessThanOrEqual(2);
    expect(backend.requests[0]?.stdin).not.toContain("GET");
  });
});
