import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect } from "node:tls";

import { describe, expect, onTestFinished, test } from "vitest";

import { makeCertificate } from "../support/certificates.ts";
import { passing } from "../support/moved-clock.ts";
import { RawClient } from "../support/raw-client.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { LAST_GET, ask, startServer } from "../support/tls-server.ts";

const HEADER = "PROXY TCP4 203.0.113.7 198.51.100.1 12345 8443\r\n";
const from = { from: ["loopback"] };

async function startWithApplication(listen: object): Promise<{ port: number; backend: ScriptedBackend }> {
  const backend = await ScriptedBackend.listen((request) => request.end("Content-Type: text/plain\r\n\r\nfine"));
  const { ports } = await startServer({
    listen: [{ address: "127.0.0.1:0", ...listen }],
    tls: undefined,
    upstreams: { app: { addresses: [backend.address] } },
    routes: [{ fastcgi: { upstream: "app" } }],
  });
  return { port: ports[0] ?? 0, backend };
}

const CLIENT = { REMOTE_ADDR: "203.0.113.7", REMOTE_PORT: "12345", SERVER_ADDR: "198.51.100.1", SERVER_PORT: "8443" };

describe("PROXY protocol", () => {
  test("says who the client is, whatever pieces it comes in", async () => {
    const { port, backend } = await startWithApplication({ proxyProtocol: from });
    expect(await new RawClient(port).write(HEADER + LAST_GET).closed()).toMatch(/fine$/);
    expect((await backend.request(0)).params).toMatchObject(CLIENT);

    const slow = new RawClient(port);
    slow.socket.setNoDelay(true);
    for (const byte of HEADER) {
      slow.write(byte);
      await new Promise(setImmediate);
    }
    expect(await slow.write(LAST_GET).closed()).toMatch(/fine$/);
    expect((await backend.request(1)).params).toMatchObject(CLIENT);
  });

  test("stands before TLS", async () => {
    const { port, backend } = await startWithApplication({ proxyProtocol: from, tls: makeCertificate() });
    for (const apart of [false, true]) {
      const raw = new RawClient(port).write(HEADER);
      await once(raw.socket, "connect");
      // With the handshake in one piece, or before it.
      if (apart) await new Promise((resolve) => raw.socket.write("", resolve));
      raw.socket.removeAllListeners("data");
      const secure = connect({ socket: raw.socket, rejectUnauthorized: false });
      secure.on("error", () => undefined);
      await once(secure, "secureConnect");
      expect(await ask(secure, LAST_GET)).toMatch(/fine$/);
    }
    for (const index of [0, 1]) expect((await backend.request(index)).params).toMatchObject({ ...CLIENT, HTTPS: "on" });
  });

  test("may name nobody: a health check", async () => {
    const { port, backend } = await startWithApplication({ proxyProtocol: from });
    await new RawClient(port).write(`PROXY UNKNOWN\r\n${LAST_GET}`).closed();
    expect((await backend.request(0)).params).toMatchObject({ REMOTE_ADDR: "127.0.0.1", SERVER_PORT: String(port) });
  });

  test("[TE12] what is none, is wrong, or does not come is closed without an answer", async () => {
    const { port, backend } = await startWithApplication({ proxyProtocol: from });
    for (const bytes of [LAST_GET, "PROXY TCP4 1.2.3.4\r\n", "x".repeat(108), "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff"])
      expect(await new RawClient(port).write(bytes).closed()).toBe("");
    const ended = new RawClient(port).write("PROXY TCP4 ");
    ended.socket.end();
    expect(await ended.closed()).toBe("");
    expect(backend.requests).toHaveLength(0);
  });

  test("[TE12] one that takes too long is closed", async () => {
    const { ports } = await startServer({
      listen: [{ address: "127.0.0.1:0", proxyProtocol: from }],
      timeouts: { handshake: 100 },
    });
    expect(await new RawClient(ports[0] ?? 0).write("PROXY TCP4 203.0.113.7").closed()).toBe("");
    expect(await new RawClient(ports[0] ?? 0).closed()).toBe("");
  });

  test("[TE12] from an address that is not trusted it is closed; where it is off, 400", async () => {
    const { ports } = await startServer({
      listen: [{ address: "127.0.0.1:0", proxyProtocol: { from: ["192.0.2.1"] } }, "127.0.0.1:0"],
    });
    expect(await new RawClient(ports[0] ?? 0).write(HEADER + LAST_GET).closed()).toBe("");
    for (const bytes of [HEADER + LAST_GET, "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"])
      expect(await new RawClient(ports[1] ?? 0).write(bytes).closed()).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("[TE12] whoever is closed so is told of, with the reason: a balancer that was set up otherwise", async () => {
    const told: unknown[] = [];
    const listener = (message: unknown): void => void told.push(message);
    subscribe("fastcgi:proxy:refused", listener);
    onTestFinished(() => void unsubscribe("fastcgi:proxy:refused", listener));
    const { ports } = await startServer({
      listen: [
        { address: "127.0.0.1:0", proxyProtocol: { from: ["192.0.2.1"] } },
        { address: "127.0.0.1:0", proxyProtocol: from },
      ],
      timeouts: { handshake: 600_000 },
    });
    await new RawClient(ports[0] ?? 0).write(HEADER + LAST_GET).closed();
    await new RawClient(ports[1] ?? 0).write(LAST_GET).closed();
    // A health check that only connects is nobody's mistake.
    const check = new RawClient(ports[1] ?? 0);
    check.socket.end();
    await check.closed();
    await passing(new RawClient(ports[1] ?? 0).write("PROXY TCP4 ").closed());
    const about = { limit: "proxyProtocol", listen: "127.0.0.1:0", remote: "127.0.0.1" };
    expect(told).toEqual(["stranger", "none", "late"].map((why) => ({ ...about, why })));
  });

  test("a client named so is no proxy to be trusted, and no developer of this machine", async () => {
    const { ports } = await startServer({
      listen: [{ address: "127.0.0.1:0", proxyProtocol: true }],
      trustProxy: ["loopback"],
      errors: undefined,
      routes: [{ match: "/me", access: { allow: ["203.0.113.7"] }, respond: { body: "you" } }],
    });
    const ask = (more: string, path = "/me"): Promise<string> =>
      new RawClient(ports[0] ?? 0)
        .write(HEADER + LAST_GET.replace(" / ", ` ${path} `).replace("\r\n\r\n", more))
        .closed();
    expect(await ask("\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n")).toMatch(/you$/);
    expect(await ask("\r\n\r\n", "/none")).not.toContain("No route");
  });
});
