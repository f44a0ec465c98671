import { once } from "node:events";
import { connect as connectNet } from "node:net";
import { connect } from "node:tls";

import { describe, expect, onTestFinished, test } from "vitest";

import { makeCertificate } from "../support/certificates.ts";
import { RawClient } from "../support/raw-client.ts";
import { ScriptedBackend } from "../support/scripted-backend.ts";
import { LAST_GET, ask, connectTls, shown, startServer } from "../support/tls-server.ts";

const listen = ["https://127.0.0.1:0"];

describe("https", () => {
  test("is HTTP/1.1 for who does not ask for more", async () => {
    const { ports } = await startServer({ listen, tls: makeCertificate() });
    const socket = await connectTls(ports[0] ?? 0);
    expect(socket.alpnProtocol).toBe(false);
    expect(await ask(socket, LAST_GET)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*hello$/);
  });

  test("tells applications so", async () => {
    const backend = await ScriptedBackend.listen((request) => request.end("Content-Type: text/plain\r\n\r\n"));
    const { ports } = await startServer({
      listen: [...listen, "127.0.0.1:0"],
      tls: makeCertificate(),
      upstreams: { app: { addresses: [backend.address] } },
      routes: [{ fastcgi: { upstream: "app" } }],
    });
    await ask(await connectTls(ports[0] ?? 0), LAST_GET);
    const { params } = await backend.request(0);
    expect(params).toMatchObject({
      HTTPS: "on",
      REQUEST_SCHEME: "https",
      SERVER_PORT: String(ports[0]),
      SSL_PROTOCOL: "TLSv1.3",
      SSL_TLS_SNI: "localhost",
    });
    expect(params["SSL_CIPHER"]).toMatch(/^TLS_/);
    await new RawClient(ports[1] ?? 0).write(LAST_GET).closed();
    const plain = (await backend.request(1)).params;
    expect(plain["REQUEST_SCHEME"]).toBe("http");
    for (const name of ["HTTPS", "SSL_PROTOCOL", "SSL_CIPHER", "SSL_TLS_SNI"]) expect(plain).not.toHaveProperty(name);
  });

  test("shows the certificate of the name that is asked for, or the first", async () => {
    const certificates = [
      makeCertificate({ names: ["first.test"] }),
      makeCertificate({ names: ["second.test", "alias.test"] }),
      makeCertificate({ names: ["*.wild.test"] }),
    ];
    const { ports } = await startServer({ listen, tls: { certificates } });
    const shownFor = async (servername: string): Promise<string> =>
      shown(await connectTls(ports[0] ?? 0, { servername }));
    expect(await shownFor("second.test")).toBe("second.test");
    expect(await shownFor("ALIAS.test")).toBe("second.test");
    expect(await shownFor("a.wild.test")).toBe("*.wild.test");
    expect(await shownFor("a.b.wild.test")).toBe("first.test");
    expect(await shownFor("wild.test")).toBe("first.test");
    expect(await shownFor("")).toBe("first.test");
  });

  test("[TK06] survives odd names", async () => {
    const { ports } = await startServer({ listen, tls: makeCertificate({ names: ["first.test"] }) });
    for (const servername of ["UPPER.TEST", "x".repeat(250), `${"a.".repeat(100)}b`, "__proto__", "*", "."]) {
      const socket = connect({ port: ports[0] ?? 0, host: "127.0.0.1", rejectUnauthorized: false, servername });
      onTestFinished(() => void socket.destroy());
      const end = await Promise.race([
        once(socket, "secureConnect").then(() => "secure"),
        once(socket, "error").then(() => "alert"),
      ]);
      expect(["secure", "alert"]).toContain(end);
      if (end === "secure") expect(shown(socket)).toBe("first.test");
    }
    expect(await ask(await connectTls(ports[0] ?? 0), LAST_GET)).toMatch(/hello$/);
  });

  test("[TK05] speaks no version before the oldest", async () => {
    const { ports } = await startServer({
      listen: [...listen, { address: "127.0.0.1:0", tls: { ...makeCertificate(), minVersion: "TLSv1.3" } }],
      tls: makeCertificate(),
    });
    expect((await connectTls(ports[0] ?? 0, { maxVersion: "TLSv1.2" })).getProtocol()).toBe("TLSv1.2");
    const refusal = async (port: number, maxVersion: "TLSv1.1" | "TLSv1.2"): Promise<unknown> => {
      const socket = connect({
        ...{ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion, minVersion: "TLSv1.1" },
        ciphers: "DEFAULT:@SECLEVEL=0",
      });
      const [error] = (await once(socket, "error")) as [Error & { code?: string }];
      return error.code;
    };
    expect(await refusal(ports[0] ?? 0, "TLSv1.1")).toMatch(/^ERR_SSL_/);
    expect(await refusal(ports[1] ?? 0, "TLSv1.2")).toMatch(/^ERR_SSL_/);
  });

  test("[TI06] lets no client negotiate anew", async () => {
    const { ports } = await startServer({ listen, tls: makeCertificate() });
    const socket = await connectTls(ports[0] ?? 0, { maxVersion: "TLSv1.2" });
    const error = await new Promise<Error | null>((resolve) => {
      socket.renegotiate({ rejectUnauthorized: false }, resolve);
      socket.once("close", () => resolve(new Error("closed")));
      socket.once("error", resolve);
    });
    expect(error).not.toBeNull();
  });

  test("[TK08] agrees upon HTTP/1.1, HTTP/2, or nothing", async () => {
    const tls = makeCertificate();
    const { ports } = await startServer({ listen: [...listen, { address: "127.0.0.1:0", tls, http2: false }], tls });
    const [both = 0, one = 0] = ports;
    expect((await connectTls(both, { ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol).toBe("h2");
    expect((await connectTls(both, { ALPNProtocols: ["http/1.1"] })).alpnProtocol).toBe("http/1.1");
    expect((await connectTls(one, { ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol).toBe("http/1.1");
    const socket = connect({ port: one, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    const [error] = (await once(socket, "error")) as [Error & { code?: string }];
    expect(error.code).toBe("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
  });

  test("[TK08] http where https is spoken is 400, and https where http is", async () => {
    const { ports } = await startServer({ listen: [...listen, "127.0.0.1:0"], tls: makeCertificate() });
    expect(await new RawClient(ports[0] ?? 0).write(LAST_GET).closed()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(await new RawClient(ports[1] ?? 0).write("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").closed()).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n/,
    );
  });

  test("[TI05] [Q7] ends a handshake that takes too long, and one that never begins", async () => {
    const { ports } = await startServer({ listen, tls: makeCertificate(), timeouts: { handshake: 200 } });
    expect(await new RawClient(ports[0] ?? 0).closed()).toBe("");
    expect(await new RawClient(ports[0] ?? 0).write("\x16\x03\x01\x02\x00\x01").closed()).toBe("");
  });

  test("[TB22] survives connections that are reset within the handshake", async () => {
    const { ports, server } = await startServer({ listen, tls: makeCertificate() });
    for (let at = 0; at < 20; at++) {
      const socket = connectNet({ port: ports[0] ?? 0, host: "127.0.0.1" }).on("error", () => undefined);
      await once(socket, "connect");
      socket.write(Buffer.from("16030100050100000100", "hex").subarray(0, at % 11));
      socket.resetAndDestroy();
    }
    expect(await ask(await connectTls(ports[0] ?? 0), LAST_GET)).toMatch(/hello$/);
    expect(server.stats.requests).toBe(0);
  });

  test("goes down without waiting for a handshake", async () => {
    const { ports, server } = await startServer({ listen, tls: makeCertificate() });
    const silent = new RawClient(ports[0] ?? 0);
    const idle = (await connectTls(ports[0] ?? 0)).resume();
    while (server.stats.connections < 2) await new Promise(setImmediate);
    await server.close();
    await silent.closed();
    if (!idle.closed) await once(idle, "close");
  });
});
