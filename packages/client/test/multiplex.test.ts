import fc from "fast-check";
import { expect, test } from "vitest";

import type { DispatchHandler } from "../src/dispatcher.ts";
import { Pool } from "../src/pool.ts";
import { turns } from "./support/clock.ts";
import { end, Peer, stderr, stdout } from "./support/peer.ts";
import type { PeerScript } from "./support/peer.ts";
import { Recorder } from "./support/recorder.ts";
import { run } from "./support/run.ts";

test("[TF22] two to five requests in any interleaving: each gets exactly its own bytes", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 5 });
  const scripts = fc.array(fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 20 }), { maxLength: 6 }), {
    minLength: 2,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(scripts, fc.infiniteStream(fc.nat()), async (parts, choices) => {
      const before = peer.requests.length;
      const recorders = parts.map(() => run(pool));
      await peer.begun(before + parts.length);
      const requests = peer.requests.slice(before);
      const left = parts.map((chunks) => [...chunks]);
      const open = parts.map((_, index) => index);
      while (open.length > 0) {
        const choice = choices.next().value! % open.length;
        const index = open[choice]!;
        const { id, connection } = requests[index]!;
        const chunk = left[index]!.shift();
        if (chunk === undefined) {
          open.splice(choice, 1);
          connection.send(end(id, index));
        } else if (chunk !== "") {
          connection.send(stdout(id, chunk), stderr(id, `${index}`));
        }
      }
      for (const [index, { settled }] of recorders.entries()) {
        // oxlint-disable-next-line no-await-in-loop
        const recorder = await settled;
        expect(recorder.stdout).toBe(parts[index]!.join(""));
        expect(recorder.stderr).toBe(`${index}`.repeat(parts[index]!.filter((chunk) => chunk !== "").length));
        expect(recorder.ended).toEqual({ appStatus: index, protocolStatus: 0 });
      }
    }),
    { numRuns: 150 },
  );
  expect(pool.stats).toMatchObject({ connections: 1, opened: 1, active: 0 });
  await pool.close();
});

test("[P24] [TF24] ids are the lowest free ones", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4 });
  const first = Array.from({ length: 4 }, () => run(pool));
  await peer.begun(4);
  peer.connections[0]!.end(3);
  peer.connections[0]!.end(2);
  await Promise.all([first[1]!.settled, first[2]!.settled]);
  run(pool);
  run(pool);
  await peer.begun(6);
  expect(peer.requests.slice(4).map((request) => request.id)).toEqual([2, 3]);
  await pool.destroy();
});

test("all requests of one turn leave in one write", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id) });
  const pool = new Pool(peer.address, { multiplex: 8 });
  await run(pool).settled;
  const [connection] = peer.connections;
  connection!.received = [];
  await Promise.all(Array.from({ length: 8 }, () => run(pool, { stdin: "x" }).settled));
  expect(connection!.received).toHaveLength(1);
  await pool.close();
});

/** An application that takes one request a connection and says so. */
function single(): PeerScript {
  return {
    onRequest: (request) => {
      const { connection, id } = request;
      const busy = [...connection.requests.values()].indexOf(request) > 0;
      if (busy) connection.end(id, 0, 1);
      else setImmediate(() => connection.reply(id, request.stdin));
    },
  };
}

test("[P60] [f17] [TF07] CANT_MPX_CONN: multiplexing stops, the request is repeated once and served", async () => {
  await using peer = await Peer.start(single());
  const pool = new Pool(peer.address, { multiplex: 4, capacity: 4 });
  const recorders = Array.from({ length: 4 }, (_, index) => run(pool, { stdin: `body ${index}` }));
  for (const [index, { settled }] of recorders.entries()) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await settled).stdout).toContain(`body ${index}`);
  }
  expect(pool.stats).toMatchObject({ multiplex: 1, active: 0 });
  const later = Array.from({ length: 4 }, () => run(pool));
  await Promise.all(later.map((recorder) => recorder.settled));
  expect(later.map((recorder) => recorder.calls.at(-1))).toEqual(["end", "end", "end", "end"]);
  expect(peer.connections.length).toBeGreaterThan(1);
  await pool.close();
});

test("[f17] CANT_MPX_CONN for a request that had its connection to itself: FCGI_ERR_CANT_MULTIPLEX", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.end(id, 0, 1) });
  const pool = new Pool(peer.address, { multiplex: 4, capacity: 2 });
  const recorder = await run(pool).settled;
  expect(recorder.code).toBe("FCGI_ERR_CANT_MULTIPLEX");
  expect(peer.requests).toHaveLength(2);
  await pool.close();
});

test("a slow consumer: its connection is not read and gets no new requests", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 4, connections: 2 });
  const slow = new Recorder();
  const handler: DispatchHandler = {
    onStdout: (chunk, controller) => {
      controller.pause();
      slow.onStdout(chunk);
    },
    onEnd: (ended) => slow.onEnd(ended),
    onError: (error) => slow.onError(error),
  };
  const controller = pool.dispatch({ params: {} }, handler);
  await peer.begun(1);
  peer.connections[0]!.stdout(1, "x");
  await slow.answered;
  const other = run(pool);
  await peer.begun(2);
  expect(peer.requests[1]!.connection).toBe(peer.connections[1]);
  peer.connections[1]!.reply(1);
  await other.settled;
  controller.resume();
  peer.connections[0]!.end(1);
  await slow.settled;
  expect(pool.stats).toMatchObject({ idle: 2, active: 0 });
  await pool.close();
});

test("a request that waits begins as soon as the slow consumer resumes", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 2 });
  const slow = run(pool);
  await peer.begun(1);
  slow.controller.pause();
  const waiting = run(pool);
  await turns(3);
  expect(waiting.calls).toEqual([]);
  slow.controller.resume();
  await peer.begun(2);
  expect(waiting.calls).toEqual(["start"]);
  await pool.destroy();
});

test("[f19] [TF04] a record for a strange id ends all requests of that connection, and of no other", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 2, connections: 2 });
  const recorders = Array.from({ length: 4 }, () => run(pool));
  await peer.begun(4);
  const [bad] = peer.connections;
  bad!.stdout(99, "who?");
  await bad!.ended;
  peer.connections[1]!.reply(1);
  peer.connections[1]!.reply(2);
  await Promise.all(recorders.map((recorder) => recorder.settled));
  expect(recorders.map((recorder) => recorder.code)).toEqual([
    "FCGI_ERR_UNEXPECTED_RECORD",
    "FCGI_ERR_UNEXPECTED_RECORD",
    undefined,
    undefined,
  ]);
  // Each has an error of its own.
  expect(recorders[0]!.error).not.toBe(recorders[1]!.error);
  expect(recorders[0]!.error).toMatchObject({ requestId: 1 });
  expect(recorders[1]!.error).toMatchObject({ requestId: 2 });
  await pool.close();
});

test("[P61] OVERLOADED: the request fails, its neighbours go on", async () => {
  await using peer = await Peer.start();
  const pool = new Pool(peer.address, { multiplex: 2 });
  const [one, two] = [run(pool), run(pool)];
  await peer.begun(2);
  peer.connections[0]!.end(1, 0, 2);
  expect((await one.settled).code).toBe("FCGI_ERR_OVERLOADED");
  peer.connections[0]!.reply(2);
  expect((await two.settled).calls.at(-1)).toBe("end");
  await pool.close();
});
