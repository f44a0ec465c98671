// Runs every ```ts block of the README as a program of its own, against a scripted application, and compares what it
// prints with the comments: each `//=> text` stands for one printed line, in order.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, test } from "vitest";

import { end, Peer, stderr, stdout } from "./support/peer.ts";
import type { PeerRequest } from "./support/peer.ts";

const packageFolder = join(import.meta.dirname, "..");
const readme = readFileSync(join(packageFolder, "README.md"), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? "");

let folder: string;
let peer: Peer;

beforeAll(async () => {
  peer = await Peer.start({ onRequest: answer });
  folder = mkdtempSync(join(tmpdir(), "x-client-"));
  writeFileSync(join(folder, "photo.jpg"), Buffer.alloc(300_000, 1));
});
afterAll(async () => {
  await peer.stop();
  rmSync(folder, { recursive: true });
});

const fpmStatus = { pool: "www", "accepted conn": 9, "active processes": 3, "total processes": 8, "listen queue": 0 };

/** The application of the examples. */
function answer({ id, params, stdin, connection }: PeerRequest): void {
  const script = params.get("SCRIPT_FILENAME")?.split("/").at(-1);
  switch (script) {
    case "hello.php":
      return connection.reply(id, "Hello");
    case "whoami.php":
      return connection.reply(id, `${params.get("HTTP_HOST")}${params.get("PATH_INFO")} ${String(stdin)}`);
    case "ping":
      return connection.reply(id, "pong");
    case "status":
      return connection.reply(id, JSON.stringify(fpmStatus), "Content-Type: application/json\r\n\r\n");
    case "task.php": {
      const { mark } = JSON.parse(String(stdin)) as { mark: string };
      return connection.reply(id, `${mark}{"result":true}${mark}`);
    }
    case "form.php": {
      connection.send(stderr(id, "PHP Notice: somebody called"));
      const name = /name="name"\r\n\r\n(\w+)/.exec(String(stdin))?.[1];
      return connection.reply(id, `Hello ${name ?? new URLSearchParams(String(stdin)).get("name")}`);
    }
    case "thumbnail.php":
      if (stdin.length !== Number(params.get("CONTENT_LENGTH"))) return connection.end(id, 1);
      connection.send(stdout(id, "Content-Type: image/jpeg\r\n\r\n"), stdout(id, stdin.subarray(0, 100_000)), end(id));
      return;
    case "crash.php":
      connection.send(stderr(id, "PHP Fatal error: out of luck"));
      connection.socket.end();
      return;
    default:
      throw new Error(`An example asks for ${script}.`);
  }
}

test("the README has examples", () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
});

test.for(examples.map((code, index) => ({ number: index + 1, code })))(
  "example $number of the README prints what it says",
  { timeout: 60_000 },
  async ({ code }) => {
    const program = code
      .replaceAll("unix:/run/php/php-fpm.sock", peer.address)
      .replaceAll('"@x/client"', JSON.stringify(join(packageFolder, "src/index.ts")))
      .replaceAll('"@x/client/mock"', JSON.stringify(join(packageFolder, "src/mock/index.ts")))
      .replaceAll('"@x/client/php-fpm"', JSON.stringify(join(packageFolder, "src/php-fpm/index.ts")));
    const args = ["--input-type=module-typescript", "--eval", program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    const promised = [...code.matchAll(/\/\/=> (.*)$/gm)].map((match) => match[1]);
    expect(promised).not.toHaveLength(0);
    expect(stderr).toBe("");
    expect(stdout.split("\n").slice(0, -1)).toEqual(promised);
  },
);
