import { describe, expect, onTestFinished, test, vi } from "vitest";

import type { FastCGIRouteConfig, ProxyConfig } from "../../src/config/define-config.ts";
import { listenByWorker } from "../support/http-server.ts";
import { RawClient } from "../support/raw-client.ts";
import { type Script, ScriptedBackend } from "../support/scripted-backend.ts";
import { HEAD, LAST, type Served, get, serveBy } from "../support/served.ts";
import { startServer } from "../support/tls-server.ts";

const turn = (): Promise<void> => new Promise(setImmediate);

/** One kept connection: that it serves the next request shows that the one before was not aborted. */
async function serve(
  script: Script,
  route: Partial<FastCGIRouteConfig>,
  more: Partial<ProxyConfig> = {},
): Promise<Served> {
  return serveBy(listenByWorker, script, { onClientAbort: "finish", ...route }, more);
}

describe('onClientAbort: "finish"', () => {
  test("an application whose client has gone goes on to its end, and what it says is for nobody", async () => {
    const { client, backend, gateway, port } = await serve((request) => {
      if (request.params["PATH_INFO"] === "/next") request.end(`${HEAD}next`);
    }, {});
    client.write(get("/job"));
    const job = await backend.request(0);
    client.socket.destroy();
    while (gateway.stats().active > 0) await turn();
    expect(gateway.stats().upstreams.get("app")?.active).toBe(1);
    let aborted = false;
    void job.aborted().then(() => (aborted = true));
    for (let at = 0; at < 16; at++) job.write(`${at === 0 ? HEAD : ""}${"x".repeat(65_536)}`);
    await turn();
    expect(aborted).toBe(false);
    job.end();
    while ((gateway.stats().upstreams.get("app")?.active ?? 0) > 0) await turn();
    expect(await new RawClient(port).write(get("/next", LAST)).closed()).toMatch(/next$/);
  });

  test.each(["on", "off"] as const)(
    'one that waits for its client is waited for no more (buffer: "%s")',
    async (buffer) => {
      const { client, backend, gateway } = await serve(
        (request) => {
          request.write(HEAD);
          // More than the kernel takes on its own, which on newer ones can be 36 MiB.
          for (let at = 0; at < 768; at++) request.write("x".repeat(65_536));
          request.end();
        },
        { buffer },
        // Nothing is stored beyond memory.
        { limits: { spool: { quota: 1 } } },
      );
      client.write(get("/"));
      await client.until(/^HTTP\/1\.1 200 /);
      client.socket.pause();
      for (let at = 0; at < 500; at++) await turn();
      expect(gateway.stats().upstreams.get("app")?.active).toBe(1);
      client.socket.destroy();
      while ((gateway.stats().upstreams.get("app")?.active ?? 0) > 0) await turn();
      expect(gateway.stats().active).toBe(0);
      expect(backend.requests).toHaveLength(1);
    },
  );

  test("a body that broke off is no whole one: its request is aborted", async () => {
    const { client, backend } = await serve(() => undefined, { buffer: "off" });
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    const request = await backend.request(0);
    await request.received(5);
    client.socket.destroy();
    await request.aborted();
    expect(request.stdinEnded).toBe(false);
  });

  test("[TI07] it counts as one of its client until it has ended", async () => {
    const backend: Script = (request) => {
      if (request.params["PATH_INFO"] === "/next") request.end(`${HEAD}next`);
    };
    const served = await serveBy(listenByWorker, backend, {}, {});
    const { port, gateway } = await listenByWorker({
      upstreams: { app: { addresses: [served.backend.address] } },
      routes: [{ limitClient: { concurrent: 1 }, fastcgi: { upstream: "app", onClientAbort: "finish" } }],
    });
    const next = (): Promise<string> => new RawClient(port).write(get("/next", LAST)).closed();
    const client = new RawClient(port).write(get("/job"));
    const job = await served.backend.request(0);
    client.socket.destroy();
    while (gateway.stats().active > 0) await turn();
    expect(await next()).toMatch(/^HTTP\/1\.1 429 /);
    job.end(HEAD);
    while ((gateway.stats().upstreams.get("app")?.active ?? 0) > 0) await turn();
    expect(await next()).toMatch(/next$/);
  });
});

test("[f24] without it a client that goes away aborts its request", async () => {
  const { client, backend } = await serve(() => undefined, { onClientAbort: undefined });
  client.write(get("/job"));
  const job = await backend.request(0);
  client.socket.destroy();
  await job.aborted();
});

test("the end of the server waits for what goes on, as long as for clients", async () => {
  const backend = await ScriptedBackend.listen(() => undefined);
  const { server, ports } = await startServer({
    listen: ["127.0.0.1:0"],
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app", onClientAbort: "finish" } }],
  });
  const client = new RawClient(ports[0] ?? 0).write(get("/job"));
  const job = await backend.request(0);
  client.socket.destroy();
  while (server.stats.connections > 0) await turn();
  let aborted = false;
  void job.aborted().then(() => (aborted = true));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const closed = server.close();
  while (vi.getTimerCount() === 0) await turn();
  vi.advanceTimersByTime(5_000);
  for (let at = 0; at < 50; at++) await turn();
  expect(aborted).toBe(false);
  job.end(HEAD);
  await closed;
});
