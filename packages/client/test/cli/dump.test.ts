import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { encodeNameValues, encodeRecord, RecordType } from "@x/protocol";
import { beforeEach, expect, onTestFinished, test } from "vitest";

import { request } from "../../src/one-shot.ts";
import { xClient, xClientProcess } from "../support/command.ts";
import { Peer } from "../support/peer.ts";

const PROCESS = { timeout: 60_000 };
/** One for each test, and for each time it runs: a socket that a failed one left would be in the way of the next. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "x-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** Ends with the test. */
function killed<Child extends ChildProcess>(child: Child): Child {
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const bytes = Buffer.concat([
  encodeRecord({ type: RecordType.BeginRequest, requestId: 1 }),
  encodeRecord({ type: RecordType.Params, requestId: 1, content: encodeNameValues({ A: "1" }) }),
  encodeRecord({ type: RecordType.Params, requestId: 1 }),
]);
const LINES = ["BEGIN_REQUEST 1: responder, close connection", 'PARAMS 1, 4 bytes: A="1"', "PARAMS 1: end", ""];

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function hexdump(from: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < from.length; at += 16) {
    const pairs = from
      .subarray(at, at + 16)
      .toString("hex")
      .replaceAll(/(....)(?!$)/g, "$1 ");
    lines.push(`${at.toString(16).padStart(8, "0")}: ${pairs}  ................`);
  }
  return `${lines.join("\n")}\n`;
}

test("a file of bytes, a hexdump of it", async () => {
  for (const path of [file("raw.bin", bytes), file("dump.txt", hexdump(bytes))]) {
    expect(await xClient(["dump", path])).toEqual({ code: 0, stdout: LINES.join("\n"), stderr: "" });
  }
});

test("--json, --max-length", async () => {
  const { stdout } = await xClient(["dump", file("raw.bin", bytes), "--json"]);
  const records = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(records).toEqual([
    { from: "", type: 1, requestId: 1, role: 1, keepConn: false },
    { from: "", type: 4, requestId: 1, length: 4, content: Buffer.from("\u0001\u0001A1").toString("base64") },
    { from: "", type: 4, requestId: 1, length: 0, content: "" },
  ]);
  expect((await xClient(["dump", file("raw.bin", bytes), "--max-length", "10"])).stdout).toContain(
    "BEGIN_REQ…".slice(0, 9),
  );
});

test("what is no record, or only a part of one, is told: exit 1", async () => {
  const broken = file("broken.bin", Buffer.concat([bytes, Buffer.from("HTTP/1.1")]));
  const { code, stdout } = await xClient(["dump", broken]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/PARAMS 1: end\n\(no record: .*\)\n$/);
  const cut = await xClient(["dump", file("cut.bin", bytes.subarray(0, -1))]);
  expect(cut).toMatchObject({ code: 1, stdout: expect.stringContaining("(no record: ") as string });
});

test("what is no capture: exit 2 and what it reads", async () => {
  expect(await xClient(["dump", file("text.txt", "hello")])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("holds neither FastCGI records") as string,
  });
  expect(await xClient(["dump", file("x.pcap", Buffer.from("d4c3b2a102000400", "hex"))])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("tcpdump -x -r") as string,
  });
  expect(await xClient(["dump", file("gap.txt", "00000000: 0101\n00000010: 0101\n")])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Line 2") as string,
  });
});

test("standard input; a reader that stops early", PROCESS, async () => {
  expect(await xClientProcess(["dump", "-"], hexdump(bytes))).toMatchObject({ code: 0, stdout: LINES.join("\n") });
  const many = file("many.bin", Buffer.concat(Array.from({ length: 50_000 }, () => bytes)));
  const program = join(import.meta.dirname, "../../bin/x-client.cjs");
  const child = killed(spawn(process.execPath, [program, "dump", many], { stdio: ["ignore", "pipe", "inherit"] }));
  await once(child.stdout, "readable");
  child.stdout.destroy();
  expect((await once(child, "close"))[0]).toBe(0);
});

test("between web server and application: shows both directions and records them", PROCESS, async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => {
      connection.reply(id, "hello");
      connection.socket.end();
    },
  });
  const socket = join(folder, "relay.sock");
  const captures = join(folder, "captures");
  const program = join(import.meta.dirname, "../../bin/x-client.cjs");
  const args = [
    program,
    "dump",
    "--listen",
    `unix:${socket}`,
    peer.address,
    "--output",
    captures,
    "--connections",
    "1",
  ];
  const child = killed(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] }));
  let shown = "";
  child.stdout.on("data", (chunk: Buffer) => (shown += String(chunk)));
  const closed = once(child, "close");
  expect(String((await once(child.stderr, "data"))[0])).toBe(`x-client: unix:${socket} passes on to ${peer.address}\n`);
  const { body } = await request(`unix:${socket}`, { params: { REQUEST_METHOD: "GET" } });
  expect(await body.text()).toBe("hello");
  expect((await closed)[0]).toBe(0);
  expect(shown.split("\n")).toEqual([
    "1> BEGIN_REQUEST 1: responder, close connection",
    '1> PARAMS 1, 19 bytes: REQUEST_METHOD="GET"',
    "1> PARAMS 1: end",
    "1> STDIN 1: end",
    '1< STDOUT 1, 33 bytes: "Content-Type: text/plain\\r\\n\\r\\nhello"',
    "1< END_REQUEST 1: request complete, app status 0",
    "",
  ]);
  expect(readFileSync(join(captures, "1.sent")).equals(Buffer.concat(peer.connections[0]!.received))).toBe(true);
  expect((await xClient(["dump", join(captures, "1.received")])).stdout).toContain("END_REQUEST 1");
});

test("an application that is not there: the connection is cut, and why is told", PROCESS, async () => {
  const socket = join(folder, "nobody.sock");
  const program = join(import.meta.dirname, "../../bin/x-client.cjs");
  const args = [program, "dump", "-l", `unix:${socket}`, "tcp://127.0.0.1:1", "--connections", "1"];
  const child = killed(spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] }));
  let told = "";
  child.stderr.on("data", (chunk: Buffer) => (told += String(chunk)));
  const closed = once(child, "close");
  await once(child.stderr, "data");
  await expect(request(`unix:${socket}`, { params: {} })).rejects.toMatchObject({ code: "FCGI_ERR_SOCKET" });
  await closed;
  expect(told).toContain("Cannot connect to tcp://127.0.0.1:1: nothing listens there");
});

test("an address that is in use: exit 1", async () => {
  await using peer = await Peer.start();
  const { code, stderr } = await xClient(["dump", "--listen", peer.address, "tcp://127.0.0.1:1"]);
  expect(code).toBe(1);
  expect(stderr).toContain("Choose an address that nobody uses. [FCGI_ERR_LISTEN]");
});
