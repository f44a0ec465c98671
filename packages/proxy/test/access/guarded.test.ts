import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { AccessConfig } from "../../src/config/access-config.ts";
import { HEAD, application, serve } from "../support/application.ts";
import { type Asked, MemoryExchange, ask } from "../support/memory-exchange.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

// `htpasswd -nbB -C 4 ann geheim`
const ANN = "ann:$2y$04$rkLD.jq70Ozxn6alXQ6BSuPX.kR0i1/K.N1KFdtzqVY3BZ9uJG152\n";

function passwords(text = ANN): string {
  const file = join(temporaryFolder(), ".htpasswd");
  writeFileSync(file, text);
  return file;
}

function basic(name: string, password: string): string[] {
  return ["Authorization", `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`];
}

async function status(access: AccessConfig, asked: Asked = {}): Promise<number> {
  const gateway = serve({ routes: [{ access, respond: { body: "in" } }] });
  return (await ask(gateway, "/", asked)).status;
}

const from = (address: string | undefined): Asked => ({ remote: { address, port: 1 } });

describe("addresses", () => {
  test.each<[AccessConfig, string | undefined, number]>([
    [{ allow: ["10.0.0.0/8"] }, "10.1.1.1", 200],
    [{ allow: ["10.0.0.0/8"] }, "::ffff:10.1.1.1", 200],
    [{ allow: ["10.0.0.0/8"] }, "11.1.1.1", 403],
    [{ allow: ["10.0.0.0/8"] }, undefined, 403],
    [{ allow: ["unix:"] }, undefined, 200],
    [{ allow: ["all"], deny: ["10.0.0.5"] }, "10.0.0.5", 403],
    [{ deny: ["10.0.0.5"] }, "10.0.0.6", 200],
    [{ deny: ["all"] }, "::1", 403],
  ])("%j of %s: %i", async (access, address, expected) => {
    expect(await status(access, from(address))).toBe(expected);
  });

  test("are those of clients behind a trusted proxy", async () => {
    const gateway = serve({ trustProxy: ["10.0.0.1"], routes: [{ access: { allow: ["9.9.9.9"] }, respond: {} }] });
    const headers = ["X-Forwarded-For", "9.9.9.9"];
    expect((await ask(gateway, "/", { headers, ...from("10.0.0.1") })).status).toBe(200);
    expect((await ask(gateway, "/", { headers, ...from("10.0.0.2") })).status).toBe(403);
  });
});

describe("passwords", () => {
  test("who has none is asked for one, and who has the right one may", async () => {
    const access: AccessConfig = { basic: { file: passwords(), realm: "Staff" } };
    const gateway = serve({ routes: [{ access, respond: {} }] });
    const asked = await ask(gateway, "/");
    expect([asked.status, asked.header("www-authenticate")]).toEqual([401, ['Basic realm="Staff", charset="UTF-8"']]);
    expect((await ask(gateway, "/", { headers: basic("ann", "geheim") })).status).toBe(200);
    expect((await ask(gateway, "/", { headers: basic("ann", "Geheim") })).status).toBe(401);
    expect((await ask(gateway, "/", { headers: basic("bob", "geheim") })).status).toBe(401);
  });

  test.each([
    "Bearer x",
    "Basic",
    "Basic !",
    "Basic YW5u",
    `Basic ${Buffer.from(":x").toString("base64")}`,
    "Basic YW46\nx",
  ])("%j is none", async (value) => {
    expect(await status({ basic: { file: passwords() } }, { headers: ["Authorization", value] })).toBe(401);
  });

  test("[TE08] only a password that was right becomes REMOTE_USER, whatever headers say", async () => {
    const access: AccessConfig = { basic: { file: passwords() } };
    const { gateway, backend } = await application((request) => request.end(HEAD), {
      config: {
        routes: [{ match: "/in/*", access, fastcgi: { upstream: "app" } }, { fastcgi: { upstream: "app" } }],
      },
    });
    const headers = [...basic("ann", "geheim"), "Remote-User", "root"];
    await ask(gateway, "/in/x", { headers });
    await ask(gateway, "/out", { headers });
    expect(backend.requests[0]?.params).toMatchObject({ REMOTE_USER: "ann", AUTH_TYPE: "Basic" });
    expect(backend.requests[0]?.params["HTTP_AUTHORIZATION"]).toBe(headers[1]);
    expect(backend.requests[1]?.params["REMOTE_USER"]).toBeUndefined();
    expect(backend.requests[1]?.params["AUTH_TYPE"]).toBeUndefined();
  });

  test("a rewrite into a route asks for its password, and a user stays in the route that asked", async () => {
    const access: AccessConfig = { basic: { file: passwords() } };
    const { gateway, backend } = await application((request) => request.end(HEAD), {
      config: {
        routes: [
          { match: "/go", rewrite: "/in/x" },
          { match: "/in/*", access, respond: { body: "in" } },
          { match: "/leave", access, rewrite: "/out" },
          { fastcgi: { upstream: "app" } },
        ],
      },
    });
    expect((await ask(gateway, "/go")).status).toBe(401);
    await ask(gateway, "/leave", { headers: basic("ann", "geheim") });
    expect(backend.requests[0]?.params["REMOTE_USER"]).toBeUndefined();
  });

  test("[TA21] who may not is told so before he sends a body", async () => {
    const gateway = serve({ routes: [{ access: { basic: { file: passwords() } }, respond: {} }] });
    const headers = ["Expect", "100-continue", "Content-Length", "5"];
    const got = await ask(gateway, "/", { method: "POST", headers });
    expect([got.status, got.hints]).toEqual([401, []]);
  });

  test("address and password, or one of them", async () => {
    const both: AccessConfig = { allow: ["10.0.0.1"], basic: { file: passwords() } };
    const right = basic("ann", "geheim");
    expect(await status(both, { ...from("10.0.0.1"), headers: right })).toBe(200);
    expect(await status(both, from("10.0.0.1"))).toBe(401);
    expect(await status(both, { ...from("10.0.0.2"), headers: right })).toBe(403);
    const any: AccessConfig = { ...both, satisfy: "any" };
    expect(await status(any, from("10.0.0.1"))).toBe(200);
    expect(await status(any, { ...from("10.0.0.2"), headers: right })).toBe(200);
    expect(await status(any, from("10.0.0.2"))).toBe(401);
  });

  test("a file that cannot be read: an error at the start, and nobody may once it is gone", async () => {
    const file = passwords();
    const config = { routes: [{ access: { basic: { file } }, respond: {} }] };
    const gateway = serve(config);
    rmSync(file);
    expect(() => serve(config)).toThrow(`routes[0].access.basic.file: the password file ${file}: cannot be read`);
    expect(() => serve({ routes: [{ access: { basic: { file: passwords("ann:x") } }, respond: {} }] })).toThrow(
      "routes[0].access.basic.file: the password file ",
    );
    expect((await ask(gateway, "/", { headers: basic("ann", "geheim") })).status).toBe(500);
  });
});

test("explain says who may, and asks for the password", async () => {
  const gateway = serve({ routes: [{ access: { allow: ["127.0.0.1"], basic: { file: passwords() } }, respond: {} }] });

  const { steps, answer } = await gateway.explain(new MemoryExchange("/"));
  expect(steps.at(-1)).toEqual({ kind: "note", text: "access: the address 127.0.0.1 may" });
  expect(answer).toMatchObject({ status: 401, reason: "The route needs a name and a password." });
});
