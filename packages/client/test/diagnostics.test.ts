import diagnosticsChannel from "node:diagnostics_channel";

import { afterEach, expect, test } from "vitest";

import type { ClientDiagnostics } from "../src/diagnostics.ts";
import { Pool } from "../src/pool.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

type Name = keyof ClientDiagnostics;

const subscriptions: [Name, (message: unknown) => void][] = [];
afterEach(() => {
  for (const [name, listener] of subscriptions.splice(0)) diagnosticsChannel.unsubscribe(name, listener);
});

function listen<N extends Name>(name: N): ClientDiagnostics[N][] {
  const messages: ClientDiagnostics[N][] = [];
  const listener = (message: unknown): void => void messages.push(message as ClientDiagnostics[N]);
  diagnosticsChannel.subscribe(name, listener);
  subscriptions.push([name, listener]);
  return messages;
}

test("connections and requests are published, linked by their controller", async () => {
  const connect = listen("fastcgi:client:connect");
  const connected = listen("fastcgi:client:connected");
  const request = listen("fastcgi:client:request");
  const response = listen("fastcgi:client:response");
  const ended = listen("fastcgi:client:end");
  const error = listen("fastcgi:client:error");
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const { address } = peer;
  await using pool = new Pool(address, { capacity: 1 });
  await (await pool.request({ params: { A: "1" }, idempotent: true })).body.text();
  await (await pool.request({ params: { A: "2" }, idempotent: true })).body.text();
  expect(connect).toEqual([{ address }]);
  expect(connected).toEqual([{ address }]);
  expect(request.map(({ requestId, reused, address }) => ({ requestId, reused, address }))).toEqual([
    { requestId: 1, reused: false, address },
    { requestId: 1, reused: true, address },
  ]);
  expect(request[0]!.params.values).toEqual(["1"]);
  expect(response.map(({ statusCode, rawHeaders }) => [statusCode, ...rawHeaders])).toEqual([
    [200, "Content-Type", "text/plain"],
    [200, "Content-Type", "text/plain"],
  ]);
  expect(ended.map(({ appStatus }) => appStatus)).toEqual([0, 0]);
  for (const [index, { controller }] of request.entries()) {
    expect(response[index]!.controller).toBe(controller);
    expect(ended[index]!.controller).toBe(controller);
  }
  expect(error).toEqual([]);
});

test("failures are published", async () => {
  const connectError = listen("fastcgi:client:connectError");
  const error = listen("fastcgi:client:error");
  await using pool = new Pool("tcp://127.0.0.1:1");
  const recorder = await run(pool).settled;
  expect(connectError).toMatchObject([{ address: "tcp://127.0.0.1:1", error: { code: "FCGI_ERR_CONNECT" } }]);
  expect(error).toEqual([{ controller: recorder.controller, error: recorder.error }]);
});

test("a response without a head is published as an error, too", async () => {
  const error = listen("fastcgi:client:error");
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.end(id, 1) });
  await using pool = new Pool(peer.address);
  await expect(pool.request({ params: {} })).rejects.toMatchObject({ code: "FCGI_ERR_BAD_RESPONSE_HEAD" });
  expect(error).toMatchObject([{ error: { code: "FCGI_ERR_BAD_RESPONSE_HEAD", appStatus: 1 } }]);
});

test("the bytes of a connection are published as they go and come", async () => {
  const sent: string[] = [];
  const received: string[] = [];
  const connections = new Set<object>();
  const listeners = { "fastcgi:client:sent": sent, "fastcgi:client:received": received } as const;
  for (const name of ["fastcgi:client:sent", "fastcgi:client:received"] as const) {
    const listener = (message: unknown): void => {
      const { chunk, connection } = message as ClientDiagnostics[typeof name];
      listeners[name].push(Buffer.from(chunk).toString("latin1"));
      connections.add(connection);
    };
    diagnosticsChannel.subscribe(name, listener);
    subscriptions.push([name, listener]);
  }
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id, "body") });
  await using pool = new Pool(peer.address);
  await run(pool, { stdin: "in" }).settled;
  expect(sent.join("")).toBe(Buffer.concat(peer.connections[0]!.received).toString("latin1"));
  expect(received.join("")).toContain("Content-Type: text/plain\r\n\r\nbody");
  expect(connections.size).toBe(1);
});
