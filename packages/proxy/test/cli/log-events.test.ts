import { channel } from "node:diagnostics_channel";

import { FastCGIError } from "@x/protocol/errors";
import { expect, onTestFinished, test, vi } from "vitest";

import { logProcesses } from "../../src/cli/log-processes.ts";
import { logRequests } from "../../src/cli/log-requests.ts";
import { Log } from "../../src/cli/log.ts";
import type { Output } from "../../src/cli/output.ts";
import { RepeatFilter } from "../../src/cli/repeat-filter.ts";

/** All lines without their time, and the end of logging, which the test may bring about itself. */
function logged(verbose: boolean): { lines: string[]; end: () => void } {
  const lines: string[] = [];
  const output = { terminal: false, line: (text: string) => lines.push(text.slice(9)) } as unknown as Output;
  const log = new Log({ out: output, err: output, json: false });
  const ends = [logProcesses(log, verbose), logRequests(log, verbose)];
  const end = (): void => {
    for (const it of ends.splice(0)) it();
  };
  onTestFinished(end);
  return { lines, end };
}

const publish = (name: string, message: object): void => channel(`fastcgi:proxy:${name}`).publish(message);
const request = { method: "GET", target: "/a.php?q=\u001b[31m" };
const failure = (status: number, id = "abc"): object => ({
  id,
  request,
  status,
  reason: "nobody listens",
  upstream: "php",
  error: new FastCGIError("FCGI_ERR_CONNECT", "nobody listens"),
});

test("[TI11] a failed request: upstream, request, status, reason and id; no control bytes", () => {
  const { lines } = logged(false);
  publish("error", failure(502));
  expect(lines).toEqual(["warning: php: GET /a.php?q=\\x1b[31m: 502: nobody listens (request abc)"]);
});

test("[f07] the same failure again and again is told once and counted", () => {
  const { lines, end } = logged(false);
  for (let i = 0; i < 1_000; i++) publish("error", failure(502));
  publish("error", failure(0));
  end();
  expect(lines).toEqual([
    "warning: php: GET /a.php?q=\\x1b[31m: 502: nobody listens (request abc)",
    "warning: php: GET /a.php?q=\\x1b[31m: response cut: nobody listens (request abc)",
    "warning: php: 502 FCGI_ERR_CONNECT: 999 more like this",
  ]);
});

test("connections that are closed as they come: which limit, or what the PROXY protocol lacks", () => {
  const { lines, end } = logged(false);
  const about = { limit: "proxyProtocol", listen: "127.0.0.1:80", remote: "192.0.2.1" };
  for (const why of ["stranger", "none", "none", "late"]) publish("refused", { ...about, why });
  publish("refused", { limit: "limits.connections", allowed: 5, remote: undefined });
  end();
  const of = "warning: a connection of 192.0.2.1 was closed: proxyProtocol of 127.0.0.1:80";
  expect(lines).toEqual([
    `${of} does not name its address in from`,
    `${of} asks for a header of the PROXY protocol, and it began with something else`,
    `${of} asks for a header of the PROXY protocol, and none came within timeouts.handshake`,
    "warning: a connection of a UNIX socket was closed: limits.connections allows 5",
    "warning: connections: proxyProtocol of 127.0.0.1:80: none: 1 more like this",
  ]);
});

test("a window ends after ten seconds", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const told: string[] = [];
  const filter = new RepeatFilter((kind, count) => told.push(`${kind} ${count}`));
  expect([filter.isFirst("a"), filter.isFirst("a"), filter.isFirst("b")]).toEqual([true, false, true]);
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(["a 1"]);
  expect(filter.isFirst("a")).toBe(true);
  filter.close();
  expect(told).toEqual(["a 1"]);
});

test("a client's mistakes are told to who asks for every request", () => {
  const quiet = logged(false);
  publish("error", failure(404));
  expect(quiet.lines).toEqual([]);
  quiet.end();
  const verbose = logged(true);
  publish("error", failure(404));
  const answered = { method: "GET", bytes: 0, cut: false, complete: false, duration: 3, remote: "::1" };
  publish("answered", { ...answered, target: "/x", statusCode: 404, complete: true, duration: 1.26 });
  publish("answered", { ...answered, target: "/y", statusCode: 200, cut: true });
  publish("answered", { ...answered, target: "/z", statusCode: 0 });
  publish("answered", { ...answered, target: "/v", statusCode: 200 });
  publish("answered", { ...answered, target: "/w", statusCode: 0, cut: true });
  expect(verbose.lines.slice(1)).toEqual([
    "GET /x 404 in 1.3 ms",
    "GET /y 200, cut in 3 ms",
    "GET /z no answer, the client went away in 3 ms",
    "GET /v 200, the client went away in 3 ms",
    "GET /w no answer, cut in 3 ms",
  ]);
});

test("a limit that was exceeded is told, since only the log names it to whoever can raise it", () => {
  const { lines, end } = logged(false);
  const refused = { id: "abc", request, reason: "The request body is larger than limits.body allows (5 bytes)." };
  for (let i = 0; i < 3; i++) publish("error", { ...refused, status: 413 });
  end();
  expect(lines).toEqual([
    "warning: GET /a.php?q=\\x1b[31m: 413: The request body is larger than limits.body allows (5 bytes). (request abc)",
    "warning: proxy: 413: 2 more like this",
  ]);
});

test("[TI11] of a target without end a line shows the beginning", () => {
  const { lines } = logged(false);
  const long = { method: "GET", target: `/${"a".repeat(100_000)}` };
  publish("error", { id: "abc", request: long, reason: "too long", status: 414 });
  expect(lines).toEqual([`warning: GET /${"a".repeat(1_023)}…: 414: too long (request abc)`]);
});

test("[f20] what an application says about a request is told with the request, up to 64 KiB", () => {
  const { lines } = logged(false);
  const from = { id: "abc", upstream: "php", host: "a.example", script: "/srv/a.php", address: "unix:/run/php.sock" };
  publish("stderr", { ...from, request, chunk: Buffer.from("PHP Warning: a\nin b\n") });
  expect(lines).toEqual([
    "warning: [php] PHP Warning: a (GET /a.php?q=\\x1b[31m of a.example, /srv/a.php, at unix:/run/php.sock, request abc)",
    "warning: [php] in b (GET /a.php?q=\\x1b[31m of a.example, /srv/a.php, at unix:/run/php.sock, request abc)",
  ]);
  const flood = { method: "GET", target: "/flood" };
  for (let i = 0; i < 100; i++) publish("stderr", { ...from, request: flood, chunk: Buffer.alloc(1_024, "x") });
  expect(lines).toHaveLength(2 + 64 + 1);
  expect(lines.at(-1)).toBe(
    "warning: [php] (the rest of its stderr is left out) (GET /flood of a.example, /srv/a.php, at unix:/run/php.sock, request abc)",
  );
});

test("processes: what they write, why they ended, when they are tried again", () => {
  const { lines } = logged(false);
  publish("process", { type: "start", name: "app", pid: 7, address: "unix:/a" });
  publish("process", { type: "output", name: "app", stream: "stderr", line: "no database\u0007" });
  publish("process", {
    type: "output",
    name: "php",
    stream: "stderr",
    line: "[23-Nov-2026 07:00:00] NOTICE: ready to handle connections",
  });
  publish("process", { type: "exit", name: "app", reason: "ended with exit code 3", delay: 0, failures: 0 });
  publish("process", { type: "exit", name: "app", reason: "ended with exit code 3", delay: 1_234, failures: 1 });
  publish("process", { type: "crash-loop", name: "app", reason: "ended with exit code 3", delay: 16_000, failures: 5 });
  publish("process", { type: "exit", name: "app", reason: "ended with exit code 3", delay: 30_000, failures: 6 });
  publish("process", { type: "ready", name: "app", pid: 8, address: "unix:/a", again: true });
  publish("process", { type: "kill", name: "app", pid: 8 });
  publish("process", { type: "leftover", folder: "/run/x-proxy/1-a", stopped: [5, 6] });
  expect(lines).toEqual([
    "[app] no database\\x07",
    "warning: app: ended with exit code 3; started again at once",
    "warning: app: ended with exit code 3; started again in 1.2 s",
    "error: app: ended with exit code 3, 5 times in a row: its lines above may say why; it is tried again in 16 s and then each 30 s, and until it works its requests get 502",
    "app: works again, process 8 on unix:/a",
    "warning: app: process 8 did not end in time and is killed",
    "cleared what a run that was killed left in /run/x-proxy/1-a, and stopped processes 5, 6",
  ]);
});
