import { encodeNameValues } from "@x/protocol";
import { expect, test } from "vitest";

import { xClient } from "../support/command.ts";
import { Peer, raw } from "../support/peer.ts";
import { ScgiPeer } from "../support/scgi-peer.ts";

const ANSWER = encodeNameValues({ FCGI_MPXS_CONNS: "1", FCGI_MAX_REQS: "5" });

test("[P49] [P51] the values that the application tells", async () => {
  const asked: string[][] = [];
  await using peer = await Peer.start({
    onGetValues: (names, connection) => {
      asked.push(names);
      connection.send(raw(10, 0, ANSWER));
    },
  });
  const { code, stdout, stderr } = await xClient(["ping", peer.address]);
  expect(stdout).toMatch(/^unix:\S+ answers: FCGI_MPXS_CONNS=1 FCGI_MAX_REQS=5 \([\d.]+ ms\)\n$/);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(asked.map((names) => names.toSorted())).toEqual([["FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"]]);
});

test("--json and -v", async () => {
  await using peer = await Peer.start({ onGetValues: (_, connection) => connection.send(raw(10, 0, ANSWER)) });
  const { stdout, stderr } = await xClient(["ping", peer.address, "--json", "-v"]);
  expect(JSON.parse(stdout)).toEqual({
    address: peer.address,
    alive: true,
    milliseconds: expect.any(Number) as number,
    kind: "values",
    values: { FCGI_MPXS_CONNS: "1", FCGI_MAX_REQS: "5" },
  });
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/^> GET_VALUES id=0 \d+ bytes$/),
    expect.stringMatching(/^< GET_VALUES_RESULT id=0 \d+ bytes$/),
    "<   FCGI_MPXS_CONNS=1",
    "<   FCGI_MAX_REQS=5",
    "",
  ]);
});

test.for([
  ["[P53] an empty answer", raw(10, 0), "answers, and says nothing of itself"],
  ["[P57] UNKNOWN_TYPE", raw(11, 0, "\x09\0\0\0\0\0\0\0"), "answers, and does not know FCGI_GET_VALUES"],
] as const)("%s", async ([, answer, sentence]) => {
  await using peer = await Peer.start({ onGetValues: (_, connection) => connection.send(answer) });
  expect(await xClient(["ping", peer.address])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(sentence) as string,
  });
});

test("[P58] an application that closes the connection instead", async () => {
  await using peer = await Peer.start({ onGetValues: (_, connection) => void connection.socket.end() });
  const { code, stdout } = await xClient(["ping", peer.address]);
  expect(stdout).toContain("accepted the connection and closed it when asked for its values");
  expect(code).toBe(0);
});

test("[P58] an application that says nothing: exit 1", async () => {
  await using peer = await Peer.start();
  const { code, stdout, stderr } = await xClient(["ping", peer.address, "--timeout", "200"]);
  expect(stdout).toContain("accepted the connection, but did not answer within 200 ms");
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
});

test("something that is not FastCGI: exit 1", async () => {
  await using peer = await Peer.start({ onGetValues: (_, connection) => connection.send("HTTP/1.1 400 Bad\r\n\r\n") });
  const { code, stdout, stderr } = await xClient(["ping", peer.address]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("[FCGI_ERR_NOT_FASTCGI]");
});

test("--path asks for a path, as PHP-FPM's ping.path wants it", async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection }) => connection.reply(id, "pong") });
  const { code, stdout } = await xClient(["ping", peer.address, "--path", "/ping"]);
  expect(stdout).toContain("answers /ping with 200: pong (");
  expect(code).toBe(0);
  expect(peer.requests[0]!.params.toObject()).toMatchObject({
    SCRIPT_NAME: "/ping",
    SCRIPT_FILENAME: "/ping",
    REQUEST_METHOD: "GET",
  });
});

test("--path that is answered with an error: exit 1", async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.reply(id, "File not found.\n", "Status: 404 Not Found\r\n\r\n"),
  });
  const { code, stdout } = await xClient(["ping", peer.address, "--path", "/ping"]);
  expect(stdout).toContain("answers /ping with 404: File not found.");
  expect(code).toBe(1);
});

test("--path asks an application that speaks SCGI, too", async () => {
  await using peer = await ScgiPeer.start(({ socket }) => void socket.end("Status: 200 OK\r\n\r\nhere"));
  const { code, stdout } = await xClient(["ping", peer.address, "--path", "/"]);
  expect(stdout).toContain(`${peer.address} answers / with 200: here (`);
  expect(code).toBe(0);
});
