import { afterEach, beforeEach, expect, test } from "vitest";

import { LiveText, styleOf } from "../../src/cli/live-text.ts";
import { statusLine, statusTable } from "../../src/cli/status-table.ts";
import { parseStatus } from "../../src/php-fpm/status.ts";
import { xClient } from "../support/command.ts";
import { Peer } from "../support/peer.ts";

const page = {
  pool: "www",
  "process manager": "dynamic",
  "start time": 1_795_434_234,
  "start since": 3_700,
  "accepted conn": 100,
  "listen queue": 2,
  "max listen queue": 5,
  "listen queue len": 511,
  "idle processes": 1,
  "active processes": 3,
  "total processes": 4,
  "max active processes": 4,
  "max children reached": 0,
  "slow requests": 0,
};
const worker = {
  pid: 7,
  state: "Running",
  requests: 3,
  "request duration": 1_500,
  "request method": "GET",
  "request uri": "/a?\u001b[31m\n",
  script: "/srv/a.php",
  user: "-",
};
const plain = styleOf(false);

let peer: Peer;
let pages: string[];
beforeEach(async () => {
  pages = [JSON.stringify(page)];
  peer = await Peer.start({
    onRequest: ({ id, connection }) => connection.reply(id, pages.length > 1 ? pages.shift()! : pages[0]!),
  });
});
afterEach(() => peer.stop());

test("one look: a table", async () => {
  const { code, stdout, stderr } = await xClient(["status", peer.address]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe(
    [
      "www  dynamic, up 1h 1m",
      "workers   [##################------] 3 active, 1 idle, 4 in all",
      "queue     2 waiting, 5 at most, of 511",
      "requests  100",
      "trouble   0 slow requests, pm.max_children reached 0 times",
      "",
    ].join("\n"),
  );
});

test("--full shows the workers, busiest first, and nothing that a terminal would obey", async () => {
  pages = [JSON.stringify({ ...page, processes: [{ ...worker, pid: 6, state: "Idle", "request uri": "/b" }, worker] })];
  const { stdout } = await xClient(["status", peer.address, "--full"]);
  expect(stdout.split("\n").slice(6, 9)).toEqual([
    "pid     state           requests         ms  request",
    "7       Running                3        1.5  GET /a?\\x1b[31m  /srv/a.php",
    "6       Idle                   3        1.5  GET /b /srv/a.php",
  ]);
  expect(peer.requests[0]!.params.get("QUERY_STRING")).toBe("json&full");
});

test("--json, --path, --format", async () => {
  const json = await xClient(["status", peer.address, "--json", "--path", "/fpm"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ pool: "www", activeProcesses: 3 });
  expect(peer.requests[0]!.params.get("SCRIPT_NAME")).toBe("/fpm");
  pages = ["phpfpm_up 1"];
  const text = await xClient(["status", peer.address, "--format", "openmetrics"]);
  expect(text).toEqual({ code: 0, stdout: "phpfpm_up 1\n", stderr: "" });
});

test("--watch without a terminal: a line a look", async () => {
  pages.push(JSON.stringify({ ...page, "accepted conn": 110 }));
  const { code, stdout } = await xClient(["status", peer.address, "--watch", "--count", "2", "--interval", "1"]);
  expect(code).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "pool=www active=3 idle=1 total=4 queue=2 accepted=100 max-children-reached=0 slow=0",
    expect.stringMatching(/^pool=www .* accepted=110 .* requests\/s=\d+\.\d$/),
    "",
  ]);
});

test("--watch --json: a line of JSON a look", async () => {
  const { stdout } = await xClient(["status", peer.address, "--watch", "--json", "--count", "2", "--interval", "1"]);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { pool: string }).pool),
  ).toEqual(["www", "www"]);
});

test("--watch goes on when the application is away, and tells", async () => {
  const args = ["status", "tcp://127.0.0.1:1", "--watch", "--count", "2", "--interval", "1"];
  const { code, stdout, stderr } = await xClient(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr.trim().split("\n")).toHaveLength(2);
  expect(stderr).toContain("[FCGI_ERR_CONNECT]");
});

test("--watch ends at once when there is no such page", async () => {
  pages = ["hello"];
  const { code, stderr } = await xClient(["status", peer.address, "--watch"]);
  expect(code).toBe(1);
  expect(stderr).toContain("This is not the status page of PHP-FPM");
});

test("the rate is that of the time between two looks, and none when FPM was started anew", () => {
  const before = { status: parseStatus(JSON.stringify(page)), at: 1_000 };
  const now = { status: parseStatus(JSON.stringify({ ...page, "accepted conn": 150 })), at: 3_000 };
  expect(statusLine(now, before)).toContain("requests/s=25.0");
  expect(statusTable(now, before, 100, plain)[3]).toBe("requests  150, 25.0 a second");
  expect(statusLine({ ...before, at: 4_000 }, now)).not.toContain("requests/s");
});

test("live text is written over itself, and cut to the height of the terminal", () => {
  let out = "";
  const live = new LiveText({ write: (text: string) => (out += text), rows: 3 });
  live.show(["one", "two", "three"]);
  expect(out).toBe("\u001b[?7l\rone\u001b[K\ntwo\u001b[K\n\u001b[J\u001b[?7h");
  out = "";
  live.show(["four"]);
  expect(out).toBe("\u001b[?7l\u001b[2A\rfour\u001b[K\n\u001b[J\u001b[?7h");
  out = "";
  live.clear();
  expect(out).toBe("\u001b[1A\r\u001b[J");
});

test("live text on a terminal that does not know its height", () => {
  let out = "";
  new LiveText({ write: (text: string) => (out += text), rows: 0 }).show(["one", "two", "three"]);
  expect(out).toBe("\u001b[?7l\rone\u001b[K\ntwo\u001b[K\nthree\u001b[K\n\u001b[J\u001b[?7h");
});

test("the queue of a UNIX socket, whose length PHP-FPM does not know", () => {
  const now = { status: parseStatus(JSON.stringify({ ...page, "listen queue len": 0 })), at: 1_000 };
  expect(statusTable(now, undefined, 100, plain)[2]).toBe("queue     2 waiting, 5 at most");
});

test("colours are for those who want them", () => {
  expect(styleOf(true).red("x")).toBe("\u001b[31mx\u001b[39m");
  expect(styleOf(false).red("x")).toBe("x");
});
