import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeEach, expect, test } from "vitest";

import { PhpFpm } from "../../src/php-fpm/index.ts";
import { Pool } from "../../src/pool.ts";
import { Peer, stderr } from "../support/peer.ts";
import type { PeerRequest } from "../support/peer.ts";

const folder = mkdtempSync(join(tmpdir(), "x-client-"));
afterAll(() => rmSync(folder, { recursive: true }));

let peer: Peer;
let answer: (request: PeerRequest) => void;
beforeEach(async () => {
  peer = await Peer.start({ onRequest: (request) => answer(request) });
});
afterEach(() => peer.stop());

function says(body: string, status = "200 OK", log = ""): void {
  answer = ({ id, connection }) => {
    if (log !== "") connection.send(stderr(id, log));
    connection.reply(id, body, `Status: ${status}\r\nContent-Type: text/html\r\n\r\n`);
  };
}

test("ping and status ask as FPM wants to be asked", async () => {
  says("pong");
  const php = new PhpFpm(peer.address, { pingPath: "/are-you-there" });
  expect(await php.ping()).toMatchObject({ text: "pong" });
  expect(peer.requests[0]!.params.toObject()).toMatchObject({
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "/are-you-there",
    SCRIPT_FILENAME: "/are-you-there",
    QUERY_STRING: "",
  });
  expect(peer.requests[0]!.keepConn).toBe(false);
  await php.statusText("openmetrics", { full: true });
  expect(peer.requests[1]!.params.get("QUERY_STRING")).toBe("openmetrics&full");
});

test("a pool is used, and left open", async () => {
  says("pong");
  const pool = new Pool(peer.address, { capacity: 2 });
  const php = new PhpFpm(pool);
  await php.ping();
  await php.ping();
  expect(pool.stats.reused).toBe(1);
  await pool.close();
});

test.each([
  [
    "status",
    "File not found.\n",
    "404 Not Found",
    "Primary script unknown",
    "SCRIPT_NOT_FOUND",
    "pm.status_path = /status",
  ],
  [
    "status",
    "Access denied.\n",
    "403 Forbidden",
    "see security.limit_extensions",
    "SCRIPT_DENIED",
    "pm.status_path = /status",
  ],
  ["ping", "Access denied.\n", "403 Forbidden", "", "SCRIPT_DENIED", "ping.path = /ping"],
  ["ping", "oops", "500 Oops", "", "BAD_ANSWER", "status 500"],
  ["status", "<html>", "200 OK", "", "BAD_ANSWER", "not the status page of PHP-FPM"],
  ["status", "{}", "200 OK", "", "BAD_ANSWER", "not the status page of PHP-FPM"],
  ["opcacheStatus", "File not found.\n", "404 Not Found", "", "SCRIPT_NOT_FOUND", "scriptFolder"],
  [
    "opcacheStatus",
    "Access denied.\n",
    "403 Forbidden",
    "see security.limit_extensions",
    "SCRIPT_DENIED",
    "scriptExtension",
  ],
  ["opcacheStatus", "Access denied.\n", "403 Forbidden", "(Permission denied)", "SCRIPT_DENIED", "may not read"],
  ["opcacheStatus", "<?php", "200 OK", "", "BAD_ANSWER", "did not answer as it does"],
] as const)("%s answered by %j, %s, %j is FCGI_ERR_%5$s", async (method, body, status, log, code, advice) => {
  says(body, status, log);
  await expect(new PhpFpm(peer.address)[method]()).rejects.toMatchObject({
    code: `FCGI_ERR_${code}`,
    message: expect.stringContaining(advice) as string,
    address: peer.address,
  });
});

test("the script is readable for others while it runs, in a folder that they cannot list, and then gone", async () => {
  let seen = {};
  answer = ({ id, params, stdin, connection }) => {
    const file = params.get("SCRIPT_FILENAME")!;
    const task = JSON.parse(String(stdin)) as { mark: string; name: string };
    seen = {
      file: statSync(file).mode & 0o777,
      folder: statSync(join(file, "..")).mode & 0o777,
      php: readFileSync(file, "utf8").startsWith("<?php"),
      name: task.name,
      length: params.get("CONTENT_LENGTH") === String(stdin.length),
    };
    connection.reply(id, `noise${task.mark}{"result":true}${task.mark}noise`);
  };
  await new PhpFpm(peer.address, { scriptFolder: folder }).clearApcu();
  expect(seen).toEqual({ file: 0o644, folder: 0o711, php: true, name: "apcu-clear", length: true });
  expect(readdirSync(folder)).toEqual([]);
});

test("it is gone when the request fails or is aborted, too", async () => {
  answer = ({ connection }) => void connection.socket.destroy();
  await expect(new PhpFpm(peer.address, { scriptFolder: folder }).resetOpcache()).rejects.toMatchObject({
    code: "FCGI_ERR_SOCKET",
  });
  const controller = new AbortController();
  let file = "";
  answer = ({ params }) => {
    file = params.get("SCRIPT_FILENAME")!;
    controller.abort();
  };
  const php = new PhpFpm(peer.address, { scriptFolder: folder });
  await expect(php.resetOpcache({ signal: controller.signal })).rejects.toMatchObject({ code: "FCGI_ERR_ABORTED" });
  expect(file).not.toBe("");
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test("what PHP cannot do is said in its words", async () => {
  answer = ({ id, stdin, connection }) => {
    const { mark } = JSON.parse(String(stdin)) as { mark: string };
    connection.reply(id, `${mark}{"error":"APCu is off."}${mark}`);
  };
  await expect(new PhpFpm(peer.address).apcuStatus()).rejects.toMatchObject({
    code: "FCGI_ERR_UNAVAILABLE",
    message: "PHP cannot do that: APCu is off.",
  });
});

test("APCu's numbers", async () => {
  answer = ({ id, stdin, connection }) => {
    const { mark } = JSON.parse(String(stdin)) as { mark: string };
    const result = {
      cache: { num_entries: 3, num_hits: 2, num_misses: 1, expunges: 0, start_time: 1 },
      memory: { num_seg: 1, seg_size: 1000, avail_mem: 400 },
    };
    connection.reply(id, mark + JSON.stringify({ result }) + mark);
  };
  expect(await new PhpFpm(peer.address).apcuStatus()).toEqual({
    entries: 3,
    hits: 2,
    misses: 1,
    expunges: 0,
    startTime: new Date(1_000),
    memory: { used: 600, size: 1_000 },
  });
});

test.each([
  [() => new PhpFpm("127.0.0.1:9000"), "FCGI_ERR_BAD_ADDRESS"],
  [() => new PhpFpm("scgi+tcp://127.0.0.1:9000"), "FCGI_ERR_BAD_ADDRESS"],
  [() => new PhpFpm(new Pool("scgi+tcp://127.0.0.1:9000")), "FCGI_ERR_BAD_ADDRESS"],
  [() => new PhpFpm("tcp://127.0.0.1:9000", { statusPath: "status" }), "FCGI_ERR_INVALID_ARGUMENT"],
  [() => new PhpFpm("tcp://127.0.0.1:9000", { scriptExtension: "php/../x" }), "FCGI_ERR_INVALID_ARGUMENT"],
])("a mistake is told at once: %s", (make, code) => {
  expect(make).toThrow(expect.objectContaining({ code }));
});

test("a folder that cannot be written to", async () => {
  const php = new PhpFpm(peer.address, { scriptFolder: "/no/such/folder" });
  await expect(php.resetOpcache()).rejects.toMatchObject({
    code: "FCGI_ERR_INVALID_ARGUMENT",
    message: expect.stringContaining("Give scriptFolder a folder") as string,
  });
});
