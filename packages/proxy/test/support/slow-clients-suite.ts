import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { existsSync } from "node:fs";

import { poisonReleasedSlabs } from "@x/client";
import { describe, expect, onTestFinished, test } from "vitest";

import type { FastCGIRouteConfig, ProxyConfig } from "../../src/config/define-config.ts";
import type { UpstreamConfig } from "../../src/config/upstream-config.ts";
import type { GatewayFailure } from "../../src/diagnostics.ts";
import type { Gateway } from "../../src/gateway.ts";
import type { Listen } from "./http-server.ts";
import { pass, passing } from "./moved-clock.ts";
import { needs } from "./needs.ts";
import { eventually, openFiles } from "./open-files.ts";
import { RawClient } from "./raw-client.ts";
import { type Script, ScriptedBackend } from "./scripted-backend.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const HEAD = "Content-Type: text/plain\r\n\r\n";
export const LAST = "Connection: close\r\n";
export const get = (path = "/", more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
export const post = (length: number, more = ""): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${more}\r\n`;

interface Served {
  readonly client: RawClient;
  readonly backend: ScriptedBackend;
  readonly gateway: Gateway;
  readonly port: number;
  /** Where the spool is. */
  readonly folder: string;
  /** Why requests failed. */
  readonly failures: GatewayFailure[];
}

export async function serve(
  listen: Listen,
  script: Script,
  more: Omit<ProxyConfig, "routes"> & { route?: Partial<FastCGIRouteConfig>; upstream?: Partial<UpstreamConfig> } = {},
): Promise<Served> {
  const backend = await ScriptedBackend.listen(script);
  const folder = temporaryFolder();
  const { route, upstream, limits, ...config } = more;
  const { port, gateway } = await listen({
    upstreams: { app: { addresses: [backend.address], ...upstream } },
    routes: [{ fastcgi: { upstream: "app", ...route } }],
    limits: { ...limits, spool: { folder, ...limits?.spool } },
    ...config,
  });
  const failures: GatewayFailure[] = [];
  const listener = (failure: unknown): void => void failures.push(failure as GatewayFailure);
  subscribe("fastcgi:proxy:error", listener);
  onTestFinished(() => void unsubscribe("fastcgi:proxy:error", listener));
  return { client: new RawClient(port), backend, gateway, port, folder, failures };
}

/** Of any length, and different at every place. */
export function pattern(length: number): string {
  let text = "";
  for (let at = 0; text.length < length; at++) text += `${at.toString(36)} `;
  return text.slice(0, length);
}

/** More than the kernel takes on its own. */
const LARGE = 24 * 1024 * 1024;

/** A client that asks and reads nothing. */
function stalled(port: number, request: string): RawClient {
  const client = new RawClient(port);
  client.socket.pause();
  return client.write(request);
}

const idle = (gateway: Gateway): boolean => gateway.stats().upstreams.get("app")?.active === 0;

function unchunk(body: string): string {
  const pieces: string[] = [];
  for (let at = 0; ;) {
    const line = body.indexOf("\r\n", at);
    const length = Number.parseInt(body.slice(at, line), 16);
    // One that was cut has no last chunk.
    if (line < 0 || Number.isNaN(length)) throw new Error(`no chunk begins at ${at} of ${body.length}`);
    if (length === 0) return pieces.join("");
    pieces.push(body.slice(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
}

/** What every front of the gateway does for clients that are slow, and to them. */
export function slowClientsSuite(listen: Listen): void {
  poisonReleasedSlabs(true);

  describe("a client that is slow to read", { timeout: 30_000 }, () => {
    test.each([
      ["chunked", ""],
      ["of known length", `Content-Length: ${LARGE}\r\n`],
    ])("[f21][TI03] does not hold the application, and gets everything (%s)", async (_title, length) => {
      const text = pattern(LARGE);
      const { port, gateway } = await serve(listen, (request) => request.end(length + HEAD + text));
      const client = stalled(port, get("/", LAST));
      await eventually(() => gateway.stats().requests === 1 && idle(gateway) && gateway.stats().spool.opened === 1);
      expect(gateway.stats()).toMatchObject({ active: 1, spool: { files: 1 } });
      client.socket.resume();
      const received = await client.closed();
      const body = received.slice(received.indexOf("\r\n\r\n") + 4);
      expect((length === "" ? unchunk(body) : body) === text).toBe(true);
      expect(gateway.stats()).toMatchObject({ active: 0, spool: { files: 0, bytes: 0 } });
    });

    test("[f21] many of them hold nobody else", async () => {
      const text = "x".repeat(LARGE / 4);
      const { port, gateway } = await serve(
        listen,
        (request) => request.end(HEAD + (request.params["PATH_INFO"] === "/large" ? text : "fine")),
        { upstream: { capacity: 2 }, timeouts: { queue: 0 } },
      );
      for (let count = 0; count < 20; count++) stalled(port, get("/large"));
      await eventually(() => gateway.stats().requests === 20 && idle(gateway));
      expect(await new RawClient(port).write(get("/", LAST)).closed()).toMatch(/fine$/);
      expect(gateway.stats().active).toBe(20);
    });

    test("[TI03] is cut when it takes nothing for too long, and the file is gone", async () => {
      const { port, gateway, failures, folder } = await serve(listen, (request) => request.end(HEAD + pattern(LARGE)), {
        timeouts: { response: 20_000 },
      });
      const client = stalled(port, get());
      await eventually(() => gateway.stats().spool.files === 1);
      while (gateway.stats().active > 0) await pass(1_000);
      expect(failures.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
        "0 The client took nothing of the response for 20 s, the limit is timeouts.response.",
      ]);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0 });
      if (existsSync("/proc/self/fd")) await eventually(() => openFiles(folder).length === 0);
      client.socket.resume();
      expect(await client.closed()).not.toMatch(/\r\n0\r\n\r\n$/);
    });

    test("[f24] and goes away frees the file", async () => {
      const { port, gateway } = await serve(listen, (request) => request.end(HEAD + pattern(LARGE)));
      const client = stalled(port, get());
      await eventually(() => gateway.stats().spool.files === 1);
      client.socket.destroy();
      await eventually(() => gateway.stats().active === 0);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0 });
    });
  });

  describe("a client that is slow to send", () => {
    test("[TI02] is answered 408 after a silence, and the application hears nothing of it", async () => {
      const { client, backend, gateway } = await serve(listen, (request) => request.end(HEAD), {
        timeouts: { requestBody: 5_000 },
        errors: "developer",
      });
      client.write(`${post(10)}hello`);
      await eventually(() => gateway.stats().active === 1);
      const answer = await passing(client.closed());
      expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*\r\nConnection: close\r\n/);
      expect(answer).toContain("timeouts.requestBody");
      expect(backend.connections).toBe(0);
      expect(gateway.stats().active).toBe(0);
    });

    test('[TI02] with buffer: "off" its request is aborted, and its end is never told', async () => {
      const { client, backend } = await serve(listen, () => {}, {
        timeouts: { requestBody: 5_000 },
        route: { buffer: "off" },
      });
      client.write(`${post(10)}hello`);
      const request = await backend.request(0);
      await passing(request.aborted());
      expect(request.stdinEnded).toBe(false);
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
    });

    test("[f22] and goes away within a body that is stored leaves nothing behind", async (context) => {
      needs(context, "/proc", existsSync("/proc/self/fd"));
      const { client, backend, gateway, folder } = await serve(listen, (request) => request.end(HEAD));
      client.write(post(1_000_000) + pattern(500_000));
      await eventually(() => gateway.stats().spool.files === 1);
      client.socket.resetAndDestroy();
      await eventually(() => gateway.stats().active === 0);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0 });
      await eventually(() => openFiles(folder).length === 0);
      expect(backend.connections).toBe(0);
    });

    test("[f23] and goes away while its request waits in the queue: it leaves, and nobody is dialled", async () => {
      const { client, backend, gateway, port } = await serve(listen, () => {}, { upstream: { capacity: 1 } });
      client.write(get());
      const first = await backend.request(0);
      const second = new RawClient(port).write(post(200_000) + pattern(200_000));
      await eventually(() => gateway.stats().upstreams.get("app")?.addresses[0]?.queued === 1);
      expect(gateway.stats().spool.files).toBe(1);
      second.socket.resetAndDestroy();
      await eventually(() => gateway.stats().upstreams.get("app")?.addresses[0]?.queued === 0);
      expect(gateway.stats()).toMatchObject({ active: 1, spool: { files: 0, bytes: 0 } });
      first.end(HEAD);
      await client.until(/200 OK/);
      expect(backend.requests).toHaveLength(1);
    });
  });

  describe("an upload", () => {
    test.each([
      ["chunked", "Transfer-Encoding: chunked\r\n"],
      ["of known length", "Content-Length: 3000000\r\n"],
    ])("that is larger than memory arrives with its exact length (%s)", async (_title, framing) => {
      const text = pattern(3_000_000);
      const { client, backend, gateway } = await serve(listen, async (request) =>
        request.end(HEAD + (await request.body()).length),
      );
      client.write(`POST / HTTP/1.1\r\nHost: a\r\n${LAST}${framing}\r\n`);
      if (framing.startsWith("Content")) client.write(text);
      else {
        for (let at = 0; at < text.length; at += 70_000) {
          const piece = text.slice(at, at + 70_000);
          client.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
        }
        client.write("0\r\n\r\n");
      }
      expect(await client.closed()).toMatch(/3000000$/);
      expect(backend.requests[0]?.params["CONTENT_LENGTH"]).toBe("3000000");
      expect(backend.requests[0]?.stdin === text).toBe(true);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0, opened: 1 });
    });

    test("that the application reads slowly arrives whole", async () => {
      const text = pattern(6_000_000);
      const { client, backend, gateway } = await serve(listen, async (request) => {
        // Reads, and stops reading, until all is there.
        for (let at = 0; at < text.length; at += 700_000) {
          await request.received(Math.min(at, text.length));
          request.socket.pause();
          await new Promise(setImmediate);
          request.socket.resume();
        }
        await request.body();
        request.end(`${HEAD}read`);
      });
      client.write(post(text.length, LAST) + text);
      expect(await client.closed()).toMatch(/read$/);
      expect(backend.requests[0]?.stdin === text).toBe(true);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0 });
    });

    test("whose application answers without reading it frees its file", async () => {
      const { client, gateway } = await serve(listen, (request) => request.end(`${HEAD}early`));
      expect(await client.write(post(3_000_000, LAST) + pattern(3_000_000)).closed()).toMatch(/early$/);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0, opened: 1 });
    });

    test("whose application is absent frees its file", async () => {
      const { client, backend, gateway } = await serve(listen, () => {});
      await backend.stop();
      expect(await client.write(post(300_000, LAST) + pattern(300_000)).closed()).toMatch(/^HTTP\/1\.1 502 /);
      expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0, opened: 1 });
    });

    test("of any size is taken with limits.body: false", async () => {
      const { client } = await serve(listen, async (request) => request.end(HEAD + (await request.body()).length), {
        limits: { body: false },
      });
      expect(await client.write(post(200_000, LAST) + pattern(200_000)).closed()).toMatch(/200000$/);
    });

    test.each(["chunked", "of known length"])(
      "[TA21] over limits.body is 413 with the limit and its name (%s)",
      async (how) => {
        const { client, backend, gateway } = await serve(listen, (request) => request.end(HEAD), {
          limits: { body: 100_000 },
          errors: "developer",
        });
        if (how === "chunked") {
          const piece = pattern(80_000);
          const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
          client.write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`);
        } else client.write(post(100_001, "Expect: 100-continue\r\n"));
        const answer = await client.closed();
        expect(answer).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n[^]*\r\nConnection: close\r\n/);
        expect(answer).toContain("limits.body allows (100000 bytes)");
        expect(backend.connections).toBe(0);
        expect(gateway.stats().spool).toMatchObject({ files: 0, bytes: 0 });
      },
    );

    test("[TI09] without room is 503 before it is asked for", async () => {
      const { client, gateway, port, backend } = await serve(listen, (request) => request.end(HEAD), {
        limits: { spool: { quota: 300_000 } },
        errors: "developer",
      });
      client.write(post(250_000) + pattern(200_000));
      await eventually(() => gateway.stats().spool.bytes >= 196_584);
      const second = await new RawClient(port).write(post(150_000, "Expect: 100-continue\r\n")).closed();
      expect(second).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\nRetry-After: 10\r\n/);
      expect(second).toContain("limits.spool.quota");
      expect(backend.connections).toBe(0);
    });

    test("[TI09] fifty at once stay within the quota, and all are answered", async () => {
      const { port, gateway, folder } = await serve(
        listen,
        async (request) => request.end(HEAD + (await request.body()).length),
        {
          limits: { spool: { quota: 2_000_000 } },
          upstream: { capacity: 2 },
          timeouts: { queue: 0 },
        },
      );
      const piece = pattern(200_000);
      const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n0\r\n\r\n`;
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          new RawClient(port)
            .write(`POST / HTTP/1.1\r\nHost: a\r\n${LAST}Transfer-Encoding: chunked\r\n\r\n${chunk}`)
            .closed(),
        ),
      );
      const statuses = answers.map((answer) => answer.slice(9, 12));
      expect(statuses.filter((status) => status === "200").length).toBeGreaterThan(0);
      expect(statuses.filter((status) => status !== "200" && status !== "503")).toEqual([]);
      const { spool } = gateway.stats();
      expect(spool).toMatchObject({ files: 0, bytes: 0 });
      expect(spool.peakBytes).toBeLessThanOrEqual(2_000_000);
      expect(spool.refused).toBe(statuses.filter((status) => status === "503").length);
      if (existsSync("/proc/self/fd")) await eventually(() => openFiles(folder).length === 0);
    });
  });
}
