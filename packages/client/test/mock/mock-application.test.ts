import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { MockApplication, MockBackend, MockDispatcher } from "../../src/mock/index.ts";
import { request } from "../../src/one-shot.ts";
import { Pool } from "../../src/pool.ts";
import { toParams } from "../../src/to-params.ts";

const folder = mkdtempSync(join(tmpdir(), "x-client-"));
afterAll(() => rmSync(folder, { recursive: true }));

const get = (path: string): { params: ReturnType<typeof toParams> } => ({ params: toParams({ path }) });

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

test.for([undefined, `unix:${join(folder, "mock.sock")}`, "tcp://127.0.0.1:0", "tcp://[::1]:0"])(
  "answers a pool on %s",
  async (address, { skip }) => {
    skip(address?.includes("::1") === true && !hasIPv6, "no IPv6 on this machine");
    await using php = await MockApplication.listen(address);
    expect(php.address).not.toMatch(/:0$/);
    php.intercept({ path: "/form", method: "POST", body: "user=ada" }).reply(200, { hello: "ada" }).stderr("note");
    const pool = new Pool(php.address, { capacity: 4 });
    const stdin = "user=ada";
    const { headers, body, stderr } = await pool.request({ params: toParams({ path: "/form", body: stdin }), stdin });
    expect(headers["content-type"]).toBe("application/json");
    expect(await body.json()).toEqual({ hello: "ada" });
    expect(await stderr).toBe("note");
    php.assertNoPendingInterceptors();
    expect(php.calls[0]?.params["SCRIPT_NAME"]).toBe("/form");
    await pool.close();
  },
);

test("many requests on one connection, or one at a time as PHP has it", async () => {
  await using many = await MockApplication.listen();
  many
    .intercept({})
    .reply(({ path }) => ({ statusCode: 200, body: path }))
    .persist();
  await using pool = new Pool(many.address, { multiplex: 8 });
  const paths = ["/1", "/2", "/3", "/4"];
  const bodies = await Promise.all(paths.map(async (path) => (await pool.request(get(path))).body.text()));
  expect(bodies).toEqual(paths);
  expect(many.connections.accepted).toBe(1);

  await using one = await MockApplication.listen(undefined, { multiplex: 1 });
  one
    .intercept({})
    .reply(200)
    .delay(() => one.received(1))
    .persist();
  await using wrong = new Pool(one.address, { multiplex: 8 });
  await Promise.all(paths.map(async (path) => (await wrong.request(get(path))).body.bytes()));
  expect(wrong.stats.multiplex).toBe(1);
});

test("a large body goes out at the reader's speed", async () => {
  await using php = await MockApplication.listen();
  let sent = 0;
  php.intercept({}).reply(
    200,
    (async function* () {
      for (; sent < 100; sent++) yield Buffer.alloc(100_000);
    })(),
  );
  const { body } = await request(php.address, get("/"));
  expect(sent).toBeLessThan(100);
  expect((await body.bytes()).length).toBe(10_000_000);
});

test("errors: what FastCGI can say, and a cut connection", async () => {
  await using php = await MockApplication.listen();
  for (const code of ["FCGI_ERR_OVERLOADED", "FCGI_ERR_UNKNOWN_ROLE", "FCGI_ERR_SOCKET"] as const) {
    php.intercept({}).replyWithError(code);
    await expect(request(php.address, get("/"))).rejects.toMatchObject({ code });
  }
});

test("what nobody expects is answered by 501 and the reason", async () => {
  await using php = await MockApplication.listen();
  const { statusCode, body } = await request(php.address, get("/x"));
  expect(statusCode).toBe(501);
  expect(await body.text()).toBe("No interceptor fits GET /x; there are none.\n");
});

test("a caller that gives up is heard of", async () => {
  await using php = await MockApplication.listen();
  php
    .intercept({})
    .reply(200)
    .delay(new Promise(() => {}));
  const controller = new AbortController();
  const asked = request(php.address, { ...get("/"), signal: controller.signal });
  await php.received(1);
  const heard = new Promise((resolve) => php.calls[0]!.signal.addEventListener("abort", resolve));
  controller.abort();
  await expect(asked).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  await heard;
});

test("authorizer and filter", async () => {
  await using php = await MockApplication.listen();
  php.intercept({ role: "authorizer" }).reply(200, null, { "Variable-USER": "ada" });
  php.intercept({ role: "filter" }).reply(({ data }) => ({ statusCode: 200, body: data.toString().toUpperCase() }));
  const allowed = await request(php.address, { ...get("/"), role: "authorizer" });
  expect(allowed.headers["variable-user"]).toBe("ada");
  const filtered = await request(php.address, { ...get("/"), role: "filter", data: "page" });
  expect(await filtered.body.text()).toBe("PAGE");
});

test("a peer that is no FastCGI harms nobody", async () => {
  await using php = await MockApplication.listen();
  php.intercept({}).reply(200, "ok");
  const { port } = new URL(php.address.replace("tcp:", "http:"));
  await fetch(`http://127.0.0.1:${port}/`).catch(() => {});
  expect(await (await request(php.address, get("/"))).body.text()).toBe("ok");
});

test("shares a backend with one in memory; says why it cannot listen", async () => {
  const backend = new MockBackend();
  await using php = await MockApplication.listen(undefined, { backend });
  new MockDispatcher(backend).intercept({}).reply(200, "shared");
  expect(await (await request(php.address, get("/"))).body.text()).toBe("shared");
  await expect(MockApplication.listen(php.address)).rejects.toMatchObject({ code: "FCGI_ERR_LISTEN" });
  await expect(MockApplication.listen("9000")).rejects.toMatchObject({ code: "FCGI_ERR_BAD_ADDRESS" });
});
