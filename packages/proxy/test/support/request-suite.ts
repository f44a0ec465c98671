import { gzipSync } from "node:zlib";

import { poisonReleasedSlabs } from "@x/client";
import { describe, expect, test } from "vitest";

import type { Listen } from "./http-server.ts";
import { RawClient } from "./raw-client.ts";
import { HEAD, LAST, type Serve, get, serveBy } from "./served.ts";

/**
 * What every front of the gateway does with requests on the wire.
 *
 * @param atOnce pipelined requests are worked on at the same time
 */
export function requestSuite(listen: Listen, atOnce: boolean): void {
  poisonReleasedSlabs(true);
  const serve: Serve = (script, route, config) => serveBy(listen, script, route, config);

  describe("a request on the wire", () => {
    test("[TA18] pipelined ones are answered in their order", async () => {
      const { client, backend } = await serve(async (request) => {
        if (atOnce && request.params["PATH_INFO"] === "/1") await backend.request(1);
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
      [
        "[TA12] a chunk without its end",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nZXX",
        400,
      ],
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

    test("[TI17] a compressed body is passed on as it came, with its coding", async () => {
      const { client, backend } = await serve(async (request) => request.end(HEAD + (await request.body()).length));
      const packed = gzipSync("x".repeat(1_000_000)).toString("latin1");
      client.write(
        `POST / HTTP/1.1\r\nHost: a\r\n${LAST}Content-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n${packed}`,
      );
      expect(await client.closed()).toMatch(new RegExp(`\r\n\r\n${packed.length}$`));
      expect(backend.requests[0]?.stdin).toBe(packed);
      expect(backend.requests[0]?.params).toMatchObject({
        CONTENT_LENGTH: String(packed.length),
        HTTP_CONTENT_ENCODING: "gzip",
      });
    });

    test("[TK09] no answer names the server or its version, and SERVER_SOFTWARE has no version", async () => {
      const { client, backend, port } = await serve((request) => request.end(`${HEAD}fine`));
      const answers = [
        await client.write(get("/", LAST)).closed(),
        await new RawClient(port).write(get("/file.css", LAST)).closed(),
        await new RawClient(port).write(get("/%00", LAST)).closed(),
      ];
      for (const answer of answers) expect(answer).not.toMatch(/^(?:Server|X-Powered-By|Via):|x-proxy\/|Node/im);
      expect(backend.requests[0]?.params["SERVER_SOFTWARE"]).toBe("x-proxy");
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
}
