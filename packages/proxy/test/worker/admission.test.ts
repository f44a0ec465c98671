import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { describe, expect, onTestFinished, test } from "vitest";

import { connectionsThatFit, requireOpenFiles } from "../../src/worker/open-files.ts";
import type { RefusedConnection } from "../../src/worker/refused.ts";
import { makeCertificate } from "../support/certificates.ts";
import { RawClient } from "../support/raw-client.ts";
import { LAST_GET, ask, connectTls, startServer } from "../support/tls-server.ts";

const listen = ["127.0.0.1:0"];
const GET = LAST_GET.replace("Connection: close\r\n", "");

function refusals(): RefusedConnection[] {
  const all: RefusedConnection[] = [];
  const listener = (message: unknown): void => void all.push(message as RefusedConnection);
  subscribe("fastcgi:proxy:refused", listener);
  onTestFinished(() => void unsubscribe("fastcgi:proxy:refused", listener));
  return all;
}

describe("connections", () => {
  test("[TI04] [Q26] more than are allowed are closed; those that are there go on, and there is room again", async () => {
    const refused = refusals();
    const { ports, server } = await startServer({ listen, limits: { connections: 2 } });
    const [port = 0] = ports;
    const open = [new RawClient(port).write(GET), new RawClient(port).write(GET)] as const;
    for (const client of open) await client.until(/hello$/);
    expect(await new RawClient(port).write(LAST_GET).closed()).toBe("");
    expect(refused).toEqual([{ limit: "limits.connections", allowed: 2, remote: "127.0.0.1" }]);
    expect(server.stats.refused).toBe(1);
    open[0].received = "";
    await open[0].write(GET).until(/hello$/);
    open[0].socket.destroy();
    while (server.stats.connections > 1) await new Promise(setImmediate);
    expect(await new RawClient(port).write(LAST_GET).closed()).toMatch(/hello$/);
  });

  test("[TI07] more of one address than are allowed are closed; those of a proxy are many clients", async () => {
    const { ports } = await startServer({
      listen: [...listen, { address: "127.0.0.1:0", proxyProtocol: { from: ["loopback"] } }],
      limits: { connectionsPerAddress: 1 },
    });
    const [plain = 0, behind = 0] = ports;
    await new RawClient(plain).write(GET).until(/hello$/);
    expect(await new RawClient(plain).write(LAST_GET).closed()).toBe("");
    const header = (address: string): string => `PROXY TCP4 ${address} 192.0.2.1 1 80\r\n`;
    await new RawClient(behind).write(header("192.0.2.7") + GET).until(/hello$/);
    expect(await new RawClient(behind).write(header("192.0.2.7") + LAST_GET).closed()).toBe("");
    expect(await new RawClient(behind).write(header("192.0.2.8") + LAST_GET).closed()).toMatch(/hello$/);

    const trusted = await startServer({ listen, limits: { connectionsPerAddress: 1 }, trustProxy: ["loopback"] });
    for (let at = 0; at < 3; at++) await new RawClient(trusted.ports[0] ?? 0).write(GET).until(/hello$/);
  });

  test("[TI07] a connection that is gone counts no more", async () => {
    const { ports, server } = await startServer({ listen, limits: { connectionsPerAddress: 1 } });
    for (let at = 0; at < 3; at++) {
      expect(await new RawClient(ports[0] ?? 0).write(LAST_GET).closed()).toMatch(/hello$/);
      while (server.stats.connections > 0) await new Promise(setImmediate);
    }
  });

  test("[TI07] nor does an encrypted one", async () => {
    const { ports, server } = await startServer({
      listen: ["https://127.0.0.1:0"],
      tls: makeCertificate(),
      limits: { connections: 1 },
    });
    for (let at = 0; at < 3; at++) {
      expect(await ask(await connectTls(ports[0] ?? 0), LAST_GET)).toMatch(/hello$/);
      while (server.stats.connections > 0) await new Promise(setImmediate);
    }
  });
});

test("[Q26] half of the files that may be opened are for clients", () => {
  expect(
    connectionsThatFit(
      "Limit  Soft  Hard  Units\nMax open files            1024                 4096                 files\n",
    ),
  ).toBe(480);
  expect(connectionsThatFit("Max open files            unlimited            unlimited            files\n")).toBe(
    Infinity,
  );
  expect(connectionsThatFit("")).toBe(Infinity);
  expect(connectionsThatFit()).toBeGreaterThan(0);
});

test("[Q26] too few of them for a server are refused at start, with what to do", () => {
  const limits = (files: number): string =>
    `Max open files            ${files}                 ${files}                 files\n`;
  expect(() => requireOpenFiles(Infinity, limits(191))).toThrow(
    "this process may open 191 files, which is enough for 63 clients: allow 192 or more (`ulimit -n`, LimitNOFILE= of systemd), or set limits.connections to 63.",
  );
  for (const [connections, files] of [
    [Infinity, 192],
    [63, 191],
    [1, 10],
  ] as const)
    expect(() => requireOpenFiles(connections, limits(files))).not.toThrow();
  expect(() => requireOpenFiles(Infinity, "")).not.toThrow();
});
