import { afterEach, beforeEach, expect, test } from "vitest";

import { xClient, xClientProcess } from "../support/command.ts";
import { Peer } from "../support/peer.ts";
import type { PeerRequest } from "../support/peer.ts";

let peer: Peer;
let answer: (request: PeerRequest) => void;
beforeEach(async () => {
  answer = ({ id, connection }) => connection.reply(id, "hello");
  peer = await Peer.start({ onRequest: (request) => answer(request) });
});
afterEach(() => peer.stop());

test("a number of requests, so many at once: JSON", async () => {
  const { code, stdout, stderr } = await xClient(["bench", peer.address, "/a.php", "-n", "50", "-c", "4", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({
    address: peer.address,
    path: "/a.php",
    concurrency: 4,
    requests: 50,
    bytes: 250,
    statuses: { 200: 50 },
    failures: {},
    coordinatedOmission: true,
  });
  // One goes ahead, to see whether it works at all.
  expect(peer.requests).toHaveLength(51);
  expect(peer.connections.length).toBeLessThanOrEqual(5);
});

test("for people: rates, percentiles, a picture, and what the numbers leave out", async () => {
  const { stdout } = await xClient(["bench", peer.address, "/", "-n", "20", "-d", "a=b"]);
  for (const part of [
    /^\d+ requests\/s/,
    /status 200 20 times/,
    / 99\.9 % +\d/,
    /to +[\d.]+ (?:s|ms|µs) +#+/,
    /coordinated omission/,
  ]) {
    expect(Buffer.from(stdout, "latin1").toString()).toMatch(part);
  }
  expect(String(peer.requests[20]!.stdin)).toBe("a=b");
});

test("--rate counts from when a request was due", async () => {
  const result = await xClient(["bench", peer.address, "/", "-n", "10", "--rate", "1000", "--json"]);
  expect(JSON.parse(result.stdout)).toMatchObject({ requests: 10, rate: 1_000, coordinatedOmission: false });
});

test("--multiplex and --fresh say how connections are used", async () => {
  await xClient(["bench", peer.address, "/", "-n", "20", "--multiplex", "8", "-c", "8", "--json"]);
  expect(peer.connections).toHaveLength(1);
  await xClient(["bench", peer.address, "/", "-n", "5", "--fresh", "--json"]);
  expect(peer.connections).toHaveLength(7);
  expect(peer.requests.at(-1)!.keepConn).toBe(false);
});

test("failures are counted by their code, and make the exit code 1", async () => {
  let count = 0;
  answer = ({ id, connection }) => {
    if (++count % 2 === 0) connection.end(id, 0, 2);
    else connection.reply(id, "");
  };
  const { code, stdout } = await xClient(["bench", peer.address, "/", "-n", "10", "-c", "1", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ statuses: { 200: 5 }, failures: { FCGI_ERR_OVERLOADED: 5 } });
});

test("as a program, without a terminal: no progress, no colours", { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await xClientProcess(["bench", peer.address, "/", "-n", "5"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).not.toContain("\u001b");
});
