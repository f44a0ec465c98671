import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { isFastCGIError, serve } from "../src/index.ts";
import type { FastCGIServer, ServeOptions } from "../src/index.ts";
import { createServer } from "../src/node/index.ts";
import { temporaryFolder } from "./support/application.ts";
import { gate } from "./support/gate.ts";
import { askScgi, connectScgi, scgiHead } from "./support/scgi-front-end.ts";

async function listening(options: ServeOptions): Promise<{ server: FastCGIServer; address: string }> {
  const listen = `scgi+unix:${join(temporaryFolder(), "app.sock")}`;
  const server = serve({ listen, signals: false, ...options });
  onTestFinished(() => server.destroy());
  return { server, address: await server.ready };
}

test("[S8] [S9] a request is answered, and the end of the connection is the end of the answer", async () => {
  const path = join(temporaryFolder(), "app.sock");
  const { server, address } = await listening({
    listen: `scgi+unix:${path}`,
    fetch: (request, { params }) => new Response(`${request.method} ${request.url} ${params.get("SCGI")}`),
  });
  expect(address).toBe(`scgi+unix:${path}`);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  const answer = await askScgi(address, { REQUEST_URI: "/a?b", HTTP_HOST: "example.org" });
  expect(answer).toMatch(/^Status: 200 OK\r\n/);
  expect(answer).toMatch(/\r\n\r\nGET http:\/\/example.org\/a\?b 1$/);
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test("[S7] a body arrives byte for byte, however it is cut, and what is behind it is ignored", async () => {
  const { address } = await listening({ fetch: async (request) => new Response(await request.text()) });
  const { socket, answer } = await connectScgi(address);
  for (const byte of Buffer.concat([scgiHead({ REQUEST_METHOD: "POST" }, 5), Buffer.from("one ")])) {
    socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  socket.write("two");
  expect(await answer).toMatch(/\r\n\r\none t$/);
});

test("by TCP, to node:http's listener", async () => {
  const server = createServer({ signals: false }, (request, response) => {
    response.setHeader("X-Path", request.url ?? "");
    response.end(`for ${request.socket.remoteAddress}`);
  }).listen("scgi+tcp://127.0.0.1:0");
  onTestFinished(() => server.closeAllConnections());
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const answer = await askScgi(`scgi+tcp://127.0.0.1:${port}`, { REQUEST_URI: "/x", REMOTE_ADDR: "192.0.2.1" });
  expect(answer).toContain("X-Path: /x\r\n");
  expect(answer).toMatch(/\r\n\r\nfor 192\.0\.2\.1$/);
});

test("what is no SCGI closes the connection without an echo, and the next request works", async () => {
  const { address } = await listening({ fetch: () => new Response("fine") });
  const { socket, answer } = await connectScgi(address);
  socket.write("GET / HTTP/1.1\r\n\r\n");
  expect(await answer).toBe("");
  expect(await askScgi(address)).toMatch(/fine$/);
});

test("over maxParamsBytes it is 431, over maxRequests 503", async () => {
  const held = gate();
  const { server, address } = await listening({
    maxParamsBytes: 1_000,
    maxRequests: 1,
    fetch: async () => {
      await held.promise;
      return new Response("late");
    },
  });
  expect(await askScgi(address, { LARGE: "x".repeat(2_000) })).toMatch(/^Status: 431 /);
  const first = await connectScgi(address);
  first.socket.write(scgiHead());
  const other = await askScgi(address);
  expect(other).toMatch(/^Status: 503 Service Unavailable\r\n/);
  expect(server.stats).toMatchObject({ requests: 1, refusedRequests: 1 });
  held.open();
  expect(await first.answer).toMatch(/late$/);
});

test("a web server that goes away aborts the request", async () => {
  const aborted = gate();
  const begun = gate();
  const { address } = await listening({
    fetch: async (request) => {
      begun.open();
      await once(request.signal, "abort");
      aborted.open();
      return new Response("nobody reads this");
    },
  });
  const { socket } = await connectScgi(address);
  socket.write(scgiHead());
  await begun.promise;
  socket.destroy();
  await aborted.promise;
});

test("an upload that is cut short is visible", async () => {
  const failed = gate();
  let code: string | undefined;
  const { address } = await listening({
    handler: async (request, response) => {
      try {
        for await (const _chunk of request.stdin);
      } catch (error) {
        code = isFastCGIError(error) ? error.code : String(error);
      }
      failed.open();
      response.end();
    },
  });
  const { socket } = await connectScgi(address);
  socket.end(Buffer.concat([scgiHead({ REQUEST_METHOD: "POST" }, 10), Buffer.from("abc")]));
  await failed.promise;
  expect(code).toBe("FCGI_ERR_SOCKET");
});

test("[TF31] a handler that fails after the head breaks a TCP connection, and before it is a 500", async () => {
  const wanted = gate();
  const server = serve({
    listen: "scgi+tcp://127.0.0.1:0",
    signals: false,
    handler: async (request, response) => {
      if (request.url === "/late") {
        response.write("half");
        await wanted.promise;
      }
      throw new Error("expected by a test");
    },
  });
  onTestFinished(() => server.destroy());
  const address = await server.ready;
  expect(await askScgi(address)).toMatch(/^Status: 500 /);
  const { socket, answer } = await connectScgi(address);
  socket.write(scgiHead({ REQUEST_URI: "/late" }));
  await once(socket, "data");
  wanted.open();
  await expect(answer).rejects.toThrow(/ECONNRESET/);
});

test("a server that closes finishes what it has", async () => {
  const held = gate();
  const begun = gate();
  const { server, address } = await listening({
    fetch: async () => {
      begun.open();
      await held.promise;
      return new Response("done");
    },
  });
  const idle = await connectScgi(address);
  const { socket, answer } = await connectScgi(address);
  socket.write(scgiHead());
  await begun.promise;
  const closed = server.close();
  expect(await idle.answer).toBe("");
  held.open();
  expect(await answer).toMatch(/done$/);
  await closed;
});

test("a Filter alone has nothing to do with SCGI, which serve says", () => {
  expect(() => serve({ listen: "scgi+tcp://127.0.0.1:0", signals: false, filter: () => new Response() })).toThrow(
    "SCGI and CGI have no filters",
  );
  expect(() => serve({ listen: "scgi+/run/app.sock", signals: false, fetch: () => new Response() })).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_BAD_ADDRESS" }),
  );
});
