import { describe, expect, test } from "vitest";

import type { RouteConfig } from "../../src/config/define-config.ts";
import { serve } from "../support/application.ts";
import { listenByWorker } from "../support/http-server.ts";
import { type Asked, MemoryExchange, ask } from "../support/memory-exchange.ts";
import { RawClient } from "../support/raw-client.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { HEAD, LAST, get } from "../support/served.ts";

/** So slow that no test is fast enough for the next one. */
const SLOW = { requests: 1, per: "1h" };
const from = (address: string | undefined): Asked => ({ remote: { address, port: 1 } });

describe("[TI07] requests of a client on the wire", () => {
  test("beyond the burst are 429 with Retry-After, on the same connection and on others; other routes go on", async () => {
    const { port } = await listenByWorker({
      routes: [
        { match: "/login", limitClient: { ...SLOW, burst: 2 }, respond: { body: "in" } },
        { respond: { body: "free" } },
      ],
    });
    const client = new RawClient(port).write(get("/login") + get("/login") + get("/login") + get("/", LAST));
    const answers = (await client.closed()).split(/(?=HTTP\/1\.1 )/);
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(["200", "200", "429", "200"]);
    expect(answers[2]).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(Number(/\r\nRetry-After: (\d+)\r\n/.exec(answers[2] ?? "")?.[1])).toBeGreaterThan(3_000);
    expect(await new RawClient(port).write(get("/login", LAST)).closed()).toMatch(/^HTTP\/1\.1 429 /);
  });

  test("that run at once are counted until they are over, or their client has gone", async () => {
    const backend = await ScriptedBackend.listen((request) => {
      if (request.params["QUERY_STRING"] === "quick") request.end(`${HEAD}quick`);
    });
    const { port, gateway } = await listenByWorker({
      upstreams: { app: { addresses: [backend.address] } },
      routes: [{ limitClient: { concurrent: 2, status: 503 }, fastcgi: { upstream: "app" } }],
    });
    const ask = (more = ""): Promise<string> => new RawClient(port).write(get(`/${more}`, LAST)).closed();
    const held = new RawClient(port).write(get("/"));
    const given = new RawClient(port).write(get("/"));
    await backend.request(1);
    expect(await ask("?quick")).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/);
    given.socket.destroy();
    while (gateway.stats().active > 1) await new Promise(setImmediate);
    for (let at = 0; at < 3; at++) expect(await ask("?quick")).toMatch(/quick$/);
    expect(backend.requests).toHaveLength(5);
    held.socket.destroy();
  });
});

describe("[TI07] who is one client", () => {
  async function statuses(asked: readonly Asked[], limit: object = {}, more: object = {}): Promise<number[]> {
    const gateway = serve({ routes: [{ limitClient: { ...SLOW, ...limit }, respond: {} }], ...more });
    const all: number[] = [];
    for (const one of asked) all.push((await ask(gateway, "/", one)).status);
    return all;
  }

  test.each<[string, readonly Asked[], readonly number[]]>([
    ["an IPv4 address", [from("192.0.2.1"), from("192.0.2.2"), from("192.0.2.1")], [200, 200, 429]],
    ["however it is written", [from("192.0.2.1"), from("::ffff:192.0.2.1")], [200, 429]],
    [
      "the /64 of an IPv6 address",
      [from("2001:db8::1"), from("2001:db8:0:0:ffff::2"), from("2001:db8:0:1::1")],
      [200, 429, 200],
    ],
    ["nobody over a UNIX socket", [from(undefined), from(undefined)], [200, 200]],
  ])("%s", async (_title, asked, expected) => {
    expect(await statuses(asked)).toEqual(expected);
  });

  test("whom a trusted proxy names, and not the proxy itself", async () => {
    const by = (client: string): Asked => ({ ...from("10.0.0.1"), headers: ["X-Forwarded-For", client] });
    const trust = { trustProxy: ["10.0.0.0/8"] };
    expect(await statuses([by("192.0.2.1"), by("192.0.2.2"), by("192.0.2.1")], {}, trust)).toEqual([200, 200, 429]);
    expect(await statuses([from("10.0.0.1"), from("10.0.0.1")], {}, trust)).toEqual([200, 200]);
    // A stranger's word counts for nothing.
    const lying = (client: string): Asked => ({ ...from("192.0.2.9"), headers: ["X-Forwarded-For", client] });
    expect(await statuses([lying("192.0.2.1"), lying("192.0.2.2")], {}, trust)).toEqual([200, 429]);
  });

  test("nobody who is excepted", async () => {
    expect(await statuses([from("127.0.0.1"), from("127.0.0.1")], { except: ["loopback"] })).toEqual([200, 200]);
  });
});

describe("[TI07] a request", () => {
  const limited = (route: Partial<RouteConfig>): RouteConfig => ({ limitClient: { ...SLOW, burst: 2 }, ...route });

  test("that the server itself sends elsewhere counts once", async () => {
    const gateway = serve({
      routes: [
        limited({ match: "/a", rewrite: "/b" }),
        { match: "/b", rewrite: "/c" },
        limited({ match: "/c", respond: { body: "c" } }),
      ],
    });
    for (const status of [200, 200, 429]) expect((await ask(gateway, "/a")).status).toBe(status);
    expect((await ask(gateway, "/c")).status).toBe(200);
  });

  test("that is too much has its page, which is not counted", async () => {
    const gateway = serve({
      errorPages: { 429: "/slow" },
      routes: [limited({ respond: { body: "page" } })],
    });
    for (const status of [200, 200, 429, 429]) expect(await ask(gateway, "/")).toMatchObject({ status, text: "page" });
  });

  test("is refused before its password is looked at", async () => {
    const gateway = serve({
      routes: [limited({ access: { deny: ["all"] }, respond: {} })],
    });
    for (const status of [403, 403, 429]) expect((await ask(gateway, "/")).status).toBe(status);
  });

  test("that is explained is not counted", async () => {
    const gateway = serve({ routes: [limited({ respond: {} })] });
    for (let at = 0; at < 3; at++) {
      const { steps } = await gateway.explain(new MemoryExchange("/"));
      expect(steps.at(-1)).toEqual({
        kind: "note",
        text: "limitClient: 1 request in each 3600 s, 2 at once after a pause",
      });
    }
    expect((await ask(gateway, "/")).status).toBe(200);
  });
});
