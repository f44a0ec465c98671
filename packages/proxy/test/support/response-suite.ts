import { poisonReleasedSlabs } from "@x/client";
import { describe, expect, test } from "vitest";

import type { Listen } from "./http-server.ts";
import { RawClient } from "./raw-client.ts";
import { HEAD, LAST, type Serve, get, plain, serveBy } from "./served.ts";

/**
 * What every front of the gateway does with responses on the wire.
 *
 * @param atOnce pipelined requests are worked on at the same time
 */
export function responseSuite(listen: Listen, atOnce: boolean): void {
  poisonReleasedSlabs(true);
  const serve: Serve = (script, route, config) => serveBy(listen, script, route, config);

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
      const { client, backend } = await serve(
        (request) => void request.write("Content-Type: text/event-stream\r\n\r\n"),
      );
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

    test("[TG11] 205 has an empty body, and the connection goes on", async () => {
      const { client } = await serve((request) =>
        request.end(
          request.params["PATH_INFO"] === "/next" ? `${HEAD}next` : "Status: 205\r\nContent-Length: 5\r\n\r\nhello",
        ),
      );
      const response = await client.write(get("/") + get("/next", LAST)).closed();
      expect(response).toMatch(/^HTTP\/1\.1 205 Reset Content\r\n/);
      expect(response).not.toContain("hello");
      // An empty body, in whichever framing.
      expect(response).toMatch(/\r\n\r\n(?:0\r\n\r\n)?HTTP\/1\.1 200 OK\r\n[^]*next$/);
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

    test("[f01] in the moment in which its head comes: 502, nothing of it, and the connection goes on", async () => {
      const { client } = await serve((request) => {
        if (request.params["PATH_INFO"] === "/next") request.end(`${HEAD}next`);
        else request.end(`Content-Length: 30\r\n${HEAD}half`);
      });
      const response = await client.write(get("/") + get("/next", LAST)).closed();
      expect(response).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*HTTP\/1\.1 200 OK\r\n[^]*next$/);
      expect(response).not.toContain("half");
    });

    test("in a pipelined request does not harm the response before", async ({ skip }) => {
      skip(!atOnce, "this front works on pipelined requests one after the other");
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
}
