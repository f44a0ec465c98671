import { execFileSync } from "node:child_process";
import fs, { closeSync, constants, openSync, readFileSync, readSync, renameSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test, vi } from "vitest";

import { LogFile } from "../../src/access-log/log-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const silent = { onLost: (): void => undefined, onError: (): void => undefined };

test("lines are appended, and go to a new file after the old one was moved away", async () => {
  const path = join(temporaryFolder(), "access.log");
  const first = new LogFile(path, silent);
  first.line("one");
  await first.close();
  const log = new LogFile(path, silent);
  log.line("two");
  renameSync(path, `${path}.1`);
  await log.reopen();
  log.line("three");
  await log.close();
  const [old, now] = [readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")];
  expect(`${old}${now}`).toBe("one\ntwo\nthree\n");
  expect(now).toContain("three");
});

test("lines that come together are written together, and nobody has to end the log for that", async () => {
  const path = join(temporaryFolder(), "access.log");
  const log = new LogFile(path, silent);
  onTestFinished(() => log.close());
  const writes = vi.spyOn(fs, "write");
  onTestFinished(() => writes.mockRestore());
  const lines = Array.from({ length: 100 }, (_, at) => `line ${at}\n`);
  for (const line of lines) log.line(line.trim());
  await vi.waitFor(() => expect(readFileSync(path, "utf8")).toBe(lines.join("")), 10_000);
  expect(writes).toHaveBeenCalledTimes(1);
});

test("what cannot be opened is an error at once", () => {
  expect(() => new LogFile(join(temporaryFolder(), "absent", "x"), silent)).toThrow(
    /the access log .* cannot be written/,
  );
  const pipe = join(temporaryFolder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  expect(() => new LogFile(pipe, silent)).toThrow(/a pipe that no program reads yet/);
});

test("[TI12] a reader that does not read makes nobody wait: lines are lost and counted", async () => {
  const pipe = join(temporaryFolder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  // Reading and writing: opening waits for nobody.
  const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(reader));
  let lost = 0;
  const log = new LogFile(pipe, { onLost: (lines) => (lost += lines), onError: () => undefined });
  const line = "x".repeat(1_023);
  const lines = 10_000;
  for (let at = 0; at < lines; at++) log.line(line);
  let read = 0;
  const buffer = Buffer.alloc(65_536);
  while (lost === 0) {
    try {
      read += readSync(reader, buffer);
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const closing = log.close();
  let closed = false;
  void closing.then(() => (closed = true));
  while (!closed) {
    try {
      read += readSync(reader, buffer);
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect(lost).toBeGreaterThan(1_000);
  expect(read / 1_024 + lost).toBe(lines);
});
