import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import type { ProxyConfig } from "../src/config/define-config.ts";
import { createProxyServer } from "../src/server.ts";
import type { ProxyServer } from "../src/server.ts";
import type { UpstreamUnreachable } from "../src/worker/probe-upstreams.ts";
import { freePort } from "./support/free-port.ts";
import { RawClient } from "./support/raw-client.ts";
import { ScriptedBackend } from "./support/scripted-backend.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const HELLO = "Content-Type: text/plain\r\n\r\nhello";

function server(config: ProxyConfig, base?: string): ProxyServer {
  const made = createProxyServer(
    { listen: ["127.0.0.1:0"], ...config },
    { processes: base === undefined ? {} : { runFolderBase: base } },
  );
  onTestFinished(() => made.destroy());
  return made;
}

const application = (address: string): ProxyConfig => ({
  upstreams: { app: { addresses: [address] } },
  routes: [{ fastcgi: { upstream: "app" } }],
});

test("listens, serves, tells what it does, and closes", async () => {
  const backend = await ScriptedBackend.listen((request) => request.end(HELLO));
  // One of those that the system gives could be somebody else's when it is dialled at the end.
  const proxy = server({ ...application(backend.address), listen: [`127.0.0.1:${await freePort()}`] });
  expect(proxy.gateway).toBeUndefined();
  expect(proxy.addresses).toEqual([]);
  const [address] = await proxy.listen();
  expect(proxy.addresses).toEqual([address]);
  expect(await (await fetch(`${address?.url}/x`)).text()).toBe("hello");
  expect(proxy.gateway?.stats().requests).toBe(1);
  const client = new RawClient(address?.port ?? 0).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until(/hello/);
  expect(proxy.stats.requests).toBe(0);
  expect(proxy.stats.connections).toBeGreaterThanOrEqual(1);
  await proxy.close();
  await client.closed();
  expect(proxy.stats).toEqual({ connections: 0, requests: 0, refused: 0, processes: [] });
  expect(proxy.addresses).toEqual([]);
  await expect(fetch(`${address?.url}/x`)).rejects.toThrow("fetch failed");
});

test("can be disposed of, and closed more than once", async () => {
  const proxy = server({ routes: [{ static: true }], root: temporaryFolder() });
  await proxy.listen();
  await proxy[Symbol.asyncDispose]();
  await Promise.all([proxy.close(), proxy.destroy()]);
  expect(proxy.addresses).toEqual([]);
});

test("[f31] destroy() cuts what close() waits for", async () => {
  const backend = await ScriptedBackend.listen(() => undefined);
  const proxy = server(application(backend.address));
  const [address] = await proxy.listen();
  const client = new RawClient(address?.port ?? 0).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await backend.request(0);
  const closed = proxy.close();
  await proxy.destroy();
  await closed;
  expect(await client.closed()).toBe("");
});

test("[Q2] from the moment in which it accepts no more, its answers say that their connections end", async () => {
  const backend = await ScriptedBackend.listen(() => undefined);
  const proxy = server(application(backend.address));
  const [address] = await proxy.listen();
  const client = new RawClient(address?.port ?? 0).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const request = await backend.request(0);
  expect(await proxy.stopAccepting()).toMatchObject({ connections: 1, requests: 1 });
  request.end(HELLO);
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*hello/);
});

test("[TJ14] a port that is taken leaves nothing behind", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const base = join(temporaryFolder(), "run");
  const socket = join(temporaryFolder(), "made", "app.sock");
  const proxy = server(
    {
      ...application(`unix:${socket}`),
      listen: ["127.0.0.1:0", `127.0.0.1:${port}`],
      processes: { app: { kind: "command", command: ["sh", "-c", "exit 1"], cwd: "/", upstream: "app" } },
      root: temporaryFolder(),
    },
    base,
  );
  await expect(proxy.listen()).rejects.toMatchObject({ code: "FCGI_ERR_LISTEN" });
  expect(readdirSync(base)).toEqual([]);
  expect(proxy.addresses).toEqual([]);
});

test("closed while its applications start, it starts nothing more and leaves nothing", async () => {
  const base = join(temporaryFolder(), "run");
  const folder = temporaryFolder();
  const socket = join(folder, "run", "app.sock");
  const proxy = server(
    {
      ...application(`unix:${socket}`),
      root: folder,
      processes: { app: { kind: "command", command: ["sh", "-c", "exec sleep 1000"], cwd: "/", upstream: "app" } },
    },
    base,
  );
  const refused = proxy.listen().catch((error: unknown) => error);
  const started = new Promise<void>((resolve) => {
    const listen = (): void => resolve();
    subscribe("fastcgi:proxy:process", listen);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:process", listen));
  });
  await started;
  expect(proxy.processes[0]?.state).toBe("starting");
  await proxy.close();
  expect(await refused).toMatchObject({ code: "FCGI_ERR_CLOSED" });
  expect(proxy.processes[0]?.state).toBe("stopped");
  expect(existsSync(socket)).toBe(false);
  expect(readdirSync(base)).toEqual([]);
});

test("closed before it listens, it never does", async () => {
  const proxy = server({ routes: [{ static: true }], root: temporaryFolder() });
  await proxy.close();
  await expect(proxy.listen()).rejects.toMatchObject({ code: "FCGI_ERR_CLOSED" });
});

test("publishes once where nobody answers", async () => {
  const path = join(temporaryFolder(), "absent.sock");
  const published: UpstreamUnreachable[] = [];
  const heard = new Promise<void>((resolve) => {
    const listen = (message: unknown): void => {
      published.push(message as UpstreamUnreachable);
      resolve();
    };
    subscribe("fastcgi:proxy:upstream", listen);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:upstream", listen));
  });
  const [address] = await server(application(`unix:${path}`)).listen();
  await heard;
  expect((await fetch(`${address?.url}/`)).status).toBe(502);
  expect(published).toEqual([{ type: "unreachable", upstream: "app", address: `unix:${path}`, code: "ENOENT" }]);
});

test("a wrong configuration is an error at once", () => {
  expect(() => createProxyServer({ routes: [{ php: "php" }] })).toThrow(
    expect.objectContaining({ code: "FCGI_ERR_CONFIG" }),
  );
});
