import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { expect, test } from "vitest";

import { xClientProcess } from "../support/command.ts";
import { Peer } from "../support/peer.ts";

const PROCESS = { timeout: 60_000 };

test("the program: answer, standard input, exit code", PROCESS, async () => {
  await using peer = await Peer.start({ onRequest: ({ id, connection, stdin }) => connection.reply(id, stdin) });
  const fine = await xClientProcess(["request", peer.address, "/", "-d", "@-"], "piped \xe9");
  expect(fine).toMatchObject({ code: 0, stdout: Buffer.from("piped \xe9").toString("latin1") });
});

test("the program: exit 1 and 2", PROCESS, async () => {
  expect(await xClientProcess(["ping", "tcp://127.0.0.1:1"])).toMatchObject({ code: 1, stdout: "" });
  expect(await xClientProcess(["ping", "127.0.0.1:1"])).toMatchObject({ code: 2, stdout: "" });
});

test("the program: a reader that stops early is no failure", PROCESS, async () => {
  await using peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.reply(id, Buffer.alloc(4_000_000)),
  });
  const program = join(import.meta.dirname, "../../bin/x-client.cjs");
  const child = spawn(process.execPath, [program, "request", peer.address, "/"], { stdio: ["ignore", "pipe", "pipe"] });
  await once(child.stdout, "readable");
  child.stdout.destroy();
  const [code] = await once(child, "close");
  expect(code).toBe(0);
});
