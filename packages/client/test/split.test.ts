import diagnosticsChannel from "node:diagnostics_channel";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Pool } from "../src/pool.ts";
import { poisonReleasedSlabs } from "../src/slabs.ts";
import { bytes, Peer, raw, stderr, stdout } from "./support/peer.ts";
import type { PeerConnection } from "./support/peer.ts";
import { run } from "./support/run.ts";

const HEAD = "Content-Type: text/plain\r\n\r\n";

/** A response with everything in it: head and body over several records, stderr between, padding, both ends. */
const RESPONSE = bytes(
  stderr(1, "warning"),
  stdout(1, HEAD.slice(0, 20)),
  stdout(1, `${HEAD.slice(20)}Hel`),
  raw(6, 1, "lo", { padding: 11, fill: 0x41 }),
  stderr(1, "!"),
  raw(6, 1),
  raw(7, 1),
  raw(3, 1, "\0\0\x03\xaa\0\0\0\0", { padding: 3 }),
);
const EXPECTED = { stdout: `${HEAD}Hello`, stderr: "warning!", ended: { appStatus: 938, protocolStatus: 0 } };

let received: () => void = () => {};
const onReceived = (_message: unknown): void => received();

beforeAll(() => {
  poisonReleasedSlabs(true);
  diagnosticsChannel.subscribe("fastcgi:client:received", onReceived);
});
afterAll(() => {
  poisonReleasedSlabs(false);
  diagnosticsChannel.unsubscribe("fastcgi:client:received", onReceived);
});

/** Sends piece by piece; the next one leaves when the client has read the one before. */
async function sendCut(connection: PeerConnection, pieces: Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    const read = new Promise<void>((resolve) => (received = resolve));
    connection.send(piece);
    // oxlint-disable-next-line no-await-in-loop -- in order
    await read;
  }
}

test("[P16] [P25] [V11] [V18] [TF12] [f16] cut in two at every byte: the same result", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  for (let cut = 1; cut < RESPONSE.length; cut++) {
    const recorder = run(pool);
    /* oxlint-disable no-await-in-loop -- one after the other */
    await peer.begun(cut);
    await sendCut(peer.requests[cut - 1]!.connection, [RESPONSE.subarray(0, cut), RESPONSE.subarray(cut)]);
    const { stdout, stderr, ended } = await recorder.settled;
    /* oxlint-enable no-await-in-loop */
    expect({ cut, stdout, stderr, ended }).toEqual({ cut, ...EXPECTED });
  }
  await pool.close();
});

test("[P16] [TF12] byte by byte: the same result", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const recorder = run(pool);
  await peer.begun(1);
  await sendCut(
    peer.requests[0]!.connection,
    Array.from(RESPONSE, (_, at) => RESPONSE.subarray(at, at + 1)),
  );
  expect(await recorder.settled).toMatchObject(EXPECTED);
  await pool.close();
});

test("[P12] the padding of END_REQUEST comes late: the next request waits for it, and is not harmed", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { capacity: 1 });
  const [one, two] = [run(pool), run(pool)];
  await peer.begun(1);
  const { connection } = peer.requests[0]!;
  await sendCut(connection, [RESPONSE.subarray(0, -3)]);
  expect(await one.settled).toMatchObject(EXPECTED);
  expect(two.calls).toEqual([]);
  await sendCut(connection, [RESPONSE.subarray(-3)]);
  await peer.begun(2);
  expect(peer.requests[1]!.connection).toBe(connection);
  await sendCut(connection, [RESPONSE]);
  expect(await two.settled).toMatchObject(EXPECTED);
  await pool.close();
});
