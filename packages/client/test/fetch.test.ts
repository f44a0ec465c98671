import { expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { end, Peer, stdout } from "./support/peer.ts";

const params = (request: Request): Record<string, string> => ({
  REQUEST_METHOD: request.method,
  REQUEST_URI: new URL(request.url).pathname,
});

test("a Request becomes params and stdin, the answer a Response", async () => {
  await using peer = await Peer.start({
    onRequest: (request) => {
      const head = "Status: 201 Made\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Type: text/plain\r\n\r\n";
      request.connection.reply(request.id, request.stdin, head);
    },
  });
  const pool = new Pool(peer.address);
  const response = await pool.fetch("/login.php", {
    method: "POST",
    body: JSON.stringify({ user: "ada" }),
    headers: { "content-type": "application/json" },
    params,
  });
  expect([response.status, response.statusText]).toEqual([201, "Made"]);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await response.json()).toEqual({ user: "ada" });
  expect(peer.requests[0]!.params.toObject()).toEqual({
    REQUEST_METHOD: "POST",
    REQUEST_URI: "/login.php",
    CONTENT_TYPE: "application/json",
    CONTENT_LENGTH: "14",
  });
  await pool.close();
});

test.for([
  { method: "HEAD", status: 200 },
  { method: "GET", status: 204 },
  { method: "GET", status: 304 },
  { method: "GET", status: 205 },
])("$method with $status has no body", async ({ method, status }) => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.reply(id, "", `Status: ${status}\r\nContent-Type: a/b\r\n\r\n`),
  });
  const pool = new Pool(peer.address);
  const response = await pool.fetch(new Request("http://a.test/", { method }), { params });
  expect([response.status, response.body]).toEqual([status, null]);
  await pool.close();
});

test("a form is sent with its boundary and length; a stream is collected", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, stdin, connection }) => connection.reply(id, stdin) });
  const pool = new Pool(peer.address);
  const form = new FormData();
  form.set("file", new File(["bytes"], "a.txt", { type: "text/plain" }));
  const response = await pool.fetch("/", { method: "POST", body: form, params });
  const type = peer.requests[0]!.params.get("CONTENT_TYPE")!;
  const parsed = await new Response(await response.arrayBuffer(), { headers: { "content-type": type } }).formData();
  expect(await (parsed.get("file") as File).text()).toBe("bytes");
  const stream = new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode("streamed"));
      controller.close();
    },
  });
  await (await pool.fetch("/", { method: "POST", body: stream, params })).text();
  expect(peer.requests[1]!.params.get("CONTENT_LENGTH")).toBe("8");
  expect(peer.requests[1]!.stdin.toString()).toBe("streamed");
  await pool.close();
});

test("its signal aborts it, before and after the head", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection, params: sent }) => {
      if (sent.get("REQUEST_URI") === "/head") connection.stdout(id, "Content-Type: a/b\r\n\r\nhalf");
      else if (sent.get("REQUEST_URI") === "/end") connection.send(stdout(id, "Content-Type: a/b\r\n\r\n"), end(id));
    },
  });
  const pool = new Pool(peer.address);
  const before = new AbortController();
  const pending = pool.fetch("/", { params, signal: before.signal });
  await peer.begun(1);
  before.abort();
  await expect(pending).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  const after = new AbortController();
  const response = await pool.fetch("/head", { params, signal: after.signal });
  after.abort();
  await expect(response.text()).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  const cancelled = await pool.fetch("/head", { params });
  await cancelled.body!.cancel();
  await peer.connections[2]!.ended;
  expect(await (await pool.fetch("/end", { params })).text()).toBe("");
  await pool.close();
});

test("without params they are made from the Request, as toParams does", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address);
  const response = await pool.fetch("https://shop.test/blog/index.php/post/7?draft=1", {
    root: "/srv/www",
    method: "PUT",
    body: "text",
    headers: { "X-Shop": "1" },
  });
  expect(await response.text()).toBe("ok");
  expect(peer.requests[0]!.params.toObject()).toMatchObject({
    REQUEST_METHOD: "PUT",
    SCRIPT_FILENAME: "/srv/www/blog/index.php",
    PATH_INFO: "/post/7",
    QUERY_STRING: "draft=1",
    HTTP_HOST: "shop.test",
    HTTP_X_SHOP: "1",
    HTTPS: "on",
    CONTENT_LENGTH: "4",
    CONTENT_TYPE: "text/plain;charset=UTF-8",
  });
  await pool.close();
});
