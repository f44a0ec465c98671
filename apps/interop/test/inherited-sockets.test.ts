// x-responder on sockets that somebody else has made: spawn-fcgi's descriptor 0, also shared by siblings, and systemd's.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { Client } from "@x/client";
import { describe, expect, onTestFinished, test } from "vitest";

import { exampleApplication } from "../src/examples.ts";
import { needs } from "../src/needs.ts";
import { startCgiFcgi } from "../src/peers/cgi-fcgi.ts";
import { isAlive, startSpawnFcgi } from "../src/peers/spawn-fcgi.ts";
import { requireProgram, startProgram } from "../src/program.ts";
import type { Program } from "../src/program.ts";
import { temporaryFolder } from "../src/temporary.ts";
import { until } from "../src/until.ts";

const ECHO = join(import.meta.dirname, "../src/applications/behind-front.mjs");
const COMMAND = join(import.meta.dirname, "../../../packages/responder/bin/x-responder.cjs");

function folderOfTest(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

/** The process that answers, asked on a connection of its own. */
async function pidOf(socket: string): Promise<number> {
  await using client = new Client(`unix:${socket}`);
  const { body } = await client.request({ params: { REQUEST_METHOD: "GET", REQUEST_URI: "/" } });
  return ((await body.json()) as { pid: number }).pid;
}

describe.runIf(needs("spawn-fcgi", ["spawn-fcgi"]))("[P1] spawn-fcgi", () => {
  test.runIf(needs("cgi-fcgi", ["cgi-fcgi"]))("starts it on descriptor 0, and cgi-fcgi asks it", async () => {
    const { socket, stop } = await startSpawnFcgi(folderOfTest(), exampleApplication("app.mjs"));
    onTestFinished(stop);
    const body = Buffer.from("by hand");
    const asking = startCgiFcgi(socket, {
      REQUEST_METHOD: "POST",
      REQUEST_URI: "/by/hand",
      CONTENT_LENGTH: String(body.length),
    });
    asking.stdin.end(body);
    const answer = (await buffer(asking.stdout)).toString();
    expect(answer).toContain('"path":"/by/hand"');
    expect(answer).toContain(createHash("sha256").update(body).digest("hex"));
  });

  test("-F 3: siblings on one socket end and are killed, each for itself", async () => {
    const { socket, pids, stop } = await startSpawnFcgi(folderOfTest(), ECHO, 3);
    onTestFinished(stop);
    expect(pids).toHaveLength(3);
    // Whoever has answered is held, so that the next one has to.
    const seen: number[] = [];
    for (let count = 0; count < pids.length; count++) {
      const pid = await pidOf(socket);
      seen.push(pid);
      process.kill(pid, "SIGSTOP");
    }
    expect(new Set(seen)).toEqual(new Set(pids));
    for (const pid of seen) process.kill(pid, "SIGCONT");
    const [ended, killed, left] = seen as [number, number, number];
    process.kill(ended, "SIGTERM");
    await until(
      "it has ended",
      () => isAlive(ended),
      (alive) => !alive,
    );
    expect(existsSync(socket)).toBe(true);
    process.kill(killed, "SIGKILL");
    await until(
      "it was killed",
      () => isAlive(killed),
      (alive) => !alive,
    );
    expect(await pidOf(socket)).toBe(left);
  });
});

describe.runIf(needs("systemd", ["systemd-socket-activate"]))("[P3] systemd-socket-activate", () => {
  const activate = (socket: string, args: readonly string[]): Promise<Program> => {
    const activator = requireProgram(["systemd-socket-activate"], "systemd");
    const command = [process.execPath, COMMAND, ECHO, ...args];
    return startProgram(activator, [`--listen=${socket}`, ...command], { path: socket });
  };

  test("starts it by the first request, and the socket is left when it ends", async () => {
    const socket = join(folderOfTest(), "app.sock");
    const application = await activate(socket, []);
    onTestFinished(() => application.stop());
    // It becomes the application: no process of its own is left.
    expect(await pidOf(socket)).toBe(application.pid);
    await application.stop();
    expect(existsSync(socket)).toBe(true);
  });

  test("workers share the socket", async () => {
    const socket = join(folderOfTest(), "app.sock");
    const application = await activate(socket, ["--workers", "2"]);
    onTestFinished(() => application.stop());
    const before = await pidOf(socket);
    expect(before).not.toBe(application.pid);
    process.kill(before, "SIGKILL");
    await until(
      "another answers",
      () => pidOf(socket).catch(() => before),
      (pid) => pid !== before,
    );
  });
});
