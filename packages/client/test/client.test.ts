import { expect, test } from "vitest";

import { Client } from "../src/client.ts";
import { Peer } from "./support/peer.ts";
import { run } from "./support/run.ts";

test("one connection: requests run one after the other on it, in order", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const client = new Client(peer.address);
  const recorders = Array.from({ length: 5 }, (_, index) => run(client, { params: { N: String(index) } }));
  await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(peer.connections).toHaveLength(1);
  expect(peer.requests.map((request) => request.params.get("N"))).toEqual(["0", "1", "2", "3", "4"]);
  expect(client.stats).toMatchObject({ address: peer.address, opened: 1, reused: 4, active: 0 });
  await client.close();
});

test("multiplex: requests share it, up to that many", async () => {
  await using peer = await Peer.start();
  const client = new Client(peer.address, { multiplex: 3 });
  for (let count = 0; count < 5; count++) run(client);
  await peer.begun(3);
  expect(peer.connections).toHaveLength(1);
  expect(client.stats).toMatchObject({ active: 3, queued: 2, multiplex: 3 });
  await client.destroy();
});

test("the application closes it: the next request opens it anew", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.reply(id);
      connection.socket.end();
    },
  });
  await using client = new Client(peer.address);
  expect((await run(client).settled).calls.at(-1)).toBe("end");
  await peer.connections[0]!.ended;
  expect((await run(client, { idempotent: true }).settled).calls.at(-1)).toBe("end");
});
