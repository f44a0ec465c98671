import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Duplex } from "node:stream";

import { expect, onTestFinished, test } from "vitest";

import { toNodeListener } from "../../src/node/index.ts";
import { listenByNode } from "../support/http-server.ts";
import { passing } from "../support/moved-clock.ts";
import { eventually } from "../support/open-files.ts";
import { RawClient } from "../support/raw-client.ts";
import { HEAD, LAST, get, pattern, post, serve, slowClientsSuite } from "../support/slow-clients-suite.ts";

slowClientsSuite(listenByNode);

test("[TI03] is cut when all was said and it takes nothing of it", async () => {
  const { gateway } = await serve(listenByNode, (request) => request.end(`${HEAD}short`), {
    timeouts: { response: 20_000 },
  });
  // A connection whose kernel takes not a byte.
  const socket = new Duplex({ read: () => undefined, write: () => undefined });
  createServer(toNodeListener(gateway)).emit("connection", socket);
  socket.push(get());
  await eventually(() => gateway.stats().requests === 1 && gateway.stats().active === 0);
  expect(socket.destroyed).toBe(false);
  await passing(new Promise((resolve) => socket.once("close", resolve)));
});

test("others who listen to a request's data keep what they got", async () => {
  const { gateway, backend } = await serve(listenByNode, async (request) =>
    request.end(HEAD + (await request.body()).length),
  );
  const listener = toNodeListener(gateway);
  const heard: Uint8Array[] = [];
  const server = createServer((request, response) => {
    request.on("data", (chunk: Uint8Array) => heard.push(chunk));
    listener(request, response);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const text = pattern(1_000_000);
  const client = new RawClient((server.address() as AddressInfo).port).write(post(text.length, LAST) + text);
  expect(await client.closed()).toMatch(/1000000$/);
  expect(Buffer.concat(heard).toString() === text).toBe(true);
  expect(backend.requests[0]?.stdin === text).toBe(true);
});
