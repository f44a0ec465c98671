import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { UpstreamConfig } from "../../src/config/upstream-config.ts";
import type { Gateway } from "../../src/gateway.ts";
import { HEAD, serve } from "../support/application.ts";
import { type MemoryExchange, ask } from "../support/memory-exchange.ts";
import { eventually } from "../support/open-files.ts";
import { type BackendRequest, type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A gateway before applications that say their numbers. */
async function group(
  upstream: (addresses: string[]) => UpstreamConfig,
  scripts: readonly (Script | undefined)[] = [undefined, undefined, undefined],
): Promise<{ gateway: Gateway; addresses: string[] }> {
  const backends = scripts.map((script, at) => ScriptedBackend.listen(script ?? ((it) => it.end(HEAD + String(at)))));
  const addresses = (await Promise.all(backends)).map(({ address }) => address);
  const gateway = serve({ upstreams: { app: upstream(addresses) }, routes: [{ fastcgi: { upstream: "app" } }] });
  return { gateway, addresses };
}

async function texts(gateway: Gateway, count: number, headers: string[] = []): Promise<string[]> {
  const all: string[] = [];
  // oxlint-disable-next-line no-await-in-loop
  for (let asked = 0; asked < count; asked++) all.push((await ask(gateway, "/", { headers })).text);
  return all;
}

const cookieOf = ({ headers }: MemoryExchange): string | undefined => headers[headers.indexOf("Set-Cookie") + 1];

describe("an upstream of several addresses", () => {
  test("gives each its share", async () => {
    const { gateway } = await group((all) => ({
      addresses: all.map((address, at) => ({ address, weight: at + 1 })),
    }));
    const answers = await texts(gateway, 600);
    expect(["0", "1", "2"].map((text) => answers.filter((it) => it === text).length)).toEqual([100, 200, 300]);
  });

  test("asks a backup only when no other answers", async () => {
    const absent = `unix:${join(temporaryFolder(), "absent")}`;
    const { gateway } = await group((all) => ({
      addresses: [absent, { address: all[0] ?? "", backup: true }],
      health: { maxFails: 1 },
    }));
    expect(await texts(gateway, 3)).toEqual(["0", "0", "0"]);
    expect(gateway.stats().upstreams.get("app")).toMatchObject({
      retries: 1,
      addresses: [{ state: "ejected" }, { backup: true, state: "healthy" }],
    });
  });

  test("keeps what a param names at one address", async () => {
    const { gateway } = await group((addresses) => ({ addresses, policy: { hash: "HTTP_X_USER" } }));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, user) => texts(gateway, 3, ["X-User", `user ${user}`])),
    );
    for (const [first, ...others] of answers) expect(others).toEqual([first, first]);
    expect(new Set(answers.flat()).size).toBe(3);
  });

  test("keeps a client at one address by a cookie, and says so once", async () => {
    const { gateway } = await group((addresses) => ({ addresses, policy: { cookie: "at" } }));
    const first = await ask(gateway, "/");
    expect(cookieOf(first)).toMatch(/^at=[\w-]{16}; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = `theirs=1; ${cookieOf(first)?.split(";")[0]}`;
    expect(await texts(gateway, 6, ["Cookie", cookie])).toEqual(Array.from({ length: 6 }, () => first.text));
    expect((await ask(gateway, "/", { headers: ["Cookie", cookie] })).headers).not.toContain("Set-Cookie");
    expect(cookieOf(await ask(gateway, "/", { scheme: "https" }))).toMatch(/; Secure$/);
  });

  test("a client whose address is gone gets another, and is told", async () => {
    const { gateway, addresses } = await group((all) => ({ addresses: all, policy: { cookie: "at" } }));
    const first = await ask(gateway, "/");
    const cookie = cookieOf(first)?.split(";")[0] ?? "";
    await gateway.drain("app", addresses[Number(first.text)] ?? "");
    const second = await ask(gateway, "/", { headers: ["Cookie", cookie] });
    expect(second.text).not.toBe(first.text);
    expect(cookieOf(second)).toMatch(/^at=/);
    for (const strange of ["at=", "at=../x", "at", "=", ";;"])
      // oxlint-disable-next-line no-await-in-loop
      expect((await ask(gateway, "/", { headers: ["Cookie", strange] })).status).toBe(200);
  });

  test("[Q11] when all are busy, requests wait, and too many or too long are 503 with Retry-After", async () => {
    const held: BackendRequest[] = [];
    const hold: Script = (request) => void held.push(request);
    const backends = await Promise.all([ScriptedBackend.listen(hold), ScriptedBackend.listen(hold)]);
    const gateway = serve({
      upstreams: { app: { addresses: backends.map(({ address }) => address), capacity: 1, queue: 1 } },
      routes: [{ fastcgi: { upstream: "app" } }],
      timeouts: { queue: 50 },
      errors: "plain",
    });
    const running = [ask(gateway, "/"), ask(gateway, "/")];
    await Promise.all(backends.map((backend) => backend.request(0)));
    const waiting = ask(gateway, "/");
    const refused = await ask(gateway, "/");
    expect([refused.status, refused.headers]).toEqual([503, expect.arrayContaining(["Retry-After", "1"])]);
    const expired = await waiting;
    expect([expired.status, expired.headers]).toEqual([503, expect.arrayContaining(["Retry-After", "1"])]);
    for (const backend of backends) expect(backend.requests.length).toBe(1);
    for (const request of held) request.end(HEAD);
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test("[f01] an application that dies takes only what must not run twice along", async () => {
    const dies: Script = (request) => request.kill();
    const { gateway } = await group((addresses) => ({ addresses, policy: "first" }), [dies, undefined]);
    expect(await ask(gateway, "/", { method: "POST" })).toMatchObject({ status: 502 });
    expect(await ask(gateway, "/")).toMatchObject({ status: 200, text: "1" });
  });

  test("a drained address ends what it has, gets no more, and comes back", async () => {
    const held: BackendRequest[] = [];
    const { gateway, addresses } = await group(
      (all) => ({ addresses: all, health: { slowStart: 0 } }),
      [(request) => void (held.length === 0 ? held.push(request) : request.end(`${HEAD}0`)), undefined],
    );
    const running = ask(gateway, "/");
    const [address = ""] = addresses;
    let drained = false;
    const draining = gateway.drain("app", address).then(() => (drained = true));
    expect(await texts(gateway, 2)).toEqual(["1", "1"]);
    expect(drained).toBe(false);
    const states = (): string[] => gateway.upstreams().flatMap(({ peers }) => peers.map(({ state }) => state));
    expect(states()).toEqual(["draining", "healthy"]);
    held[0]?.end(`${HEAD}0`);
    expect((await running).text).toBe("0");
    await draining;
    expect(states()).toEqual(["drained", "healthy"]);
    await gateway.drain("app", address);
    gateway.restore("app", address);
    expect(states()).toEqual(["healthy", "healthy"]);
    expect((await texts(gateway, 4)).toSorted()).toEqual(["0", "0", "1", "1"]);
  });

  test("a restored address starts slowly, and its status counts from there", async () => {
    const { gateway, addresses } = await group((all) => ({ addresses: all, health: { slowStart: "1h" } }));
    const [address = ""] = addresses;
    await texts(gateway, 3);
    await gateway.drain("app", address);
    gateway.restore("app", address);
    await texts(gateway, 2);
    const [app] = gateway.upstreams();
    expect(app).toMatchObject({ name: "app", active: 0, queued: 0, queue: 256, requests: 5, retries: 0 });
    expect(app?.peers).toMatchObject([
      { address, state: "healthy", weight: 1, slowStart: 0.05, requests: 0, capacity: undefined },
      { address: addresses[1], slowStart: 1, requests: 2 },
      { address: addresses[2], slowStart: 1, requests: 2 },
    ]);
  });

  test.each<[string, (gateway: Gateway, addresses: string[]) => unknown, string]>([
    ["of no upstream", (gateway) => gateway.drain("ap", "unix:/x"), 'There is no upstream "ap". Did you mean "app"?'],
    ["of an unknown address", (gateway) => gateway.drain("app", "unix:/x"), '"app" has no unix:/x: its addresses are'],
    [
      "of the last address",
      async (gateway, [first = "", second = ""]) => {
        await gateway.drain("app", first);
        await gateway.drain("app", second);
      },
      "is the only address",
    ],
    ["undone of an unknown address", async (gateway) => gateway.restore("app", "unix:/x"), "has no unix:/x"],
    [
      "undone of one that serves",
      async (gateway, [first = ""]) => gateway.restore("app", first),
      "was not drained: it takes requests",
    ],
  ])("a drain %s is refused", async (_what, act, message) => {
    const { gateway, addresses } = await group((all) => ({ addresses: all }), [undefined, undefined]);
    await expect(act(gateway, addresses)).rejects.toThrow(message);
  });

  test("an address whose checks fail gets nothing until they succeed again", async () => {
    let well = false;
    const sick: Script = (request) => {
      const isCheck = request.params["SCRIPT_NAME"] === "/ping";
      request.end(isCheck && !well ? `Status: 503\r\n${HEAD}` : `${HEAD}sick`);
    };
    const { gateway } = await group(
      (addresses) => ({
        addresses,
        policy: "first",
        check: { path: "/ping", interval: 10, fall: 1, rise: 1 },
        health: { slowStart: 0 },
      }),
      [sick, undefined],
    );
    const state = (): string | undefined => {
      const [first] = gateway.stats().upstreams.get("app")?.addresses ?? [];
      return first !== undefined && "state" in first ? first.state : undefined;
    };
    await eventually(() => state() === "down");
    expect(await texts(gateway, 2)).toEqual(["1", "1"]);
    well = true;
    await eventually(() => state() === "healthy");
    expect(await texts(gateway, 1)).toEqual(["sick"]);
  });
});
