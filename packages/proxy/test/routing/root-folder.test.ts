import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";

import { afterEach, expect, onTestFinished, test, vi } from "vitest";

import { type FileKind, RootFolder } from "../../src/routing/root-folder.ts";

afterEach(() => void vi.restoreAllMocks());

/** A folder with one file, and a clock that stands still. */
function rootWithFile(): { folder: RootFolder; file: string; at(time: number): void } {
  const root = mkdtempSync(join(tmpdir(), "x-proxy-root-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const file = join(root, "index.php");
  writeFileSync(file, "");
  const clock = vi.spyOn(performance, "now").mockReturnValue(10_000);
  return { folder: new RootFolder(root), file, at: (time) => void clock.mockReturnValue(10_000 + time) };
}

function look(folder: RootFolder): { now: FileKind | undefined; answer: Promise<FileKind> } {
  let now: FileKind | undefined;
  const answer = new Promise<FileKind>((resolve) => {
    folder.lookup("/index.php", (kind) => {
      now = kind;
      resolve(kind);
    });
  });
  return { now, answer };
}

test("what was found is known for a second", async () => {
  const { folder, file, at } = rootWithFile();
  const first = look(folder);
  expect(first.now).toBeUndefined();
  expect(await first.answer).toBe("file");
  unlinkSync(file);
  at(499);
  expect(look(folder).now).toBe("file");
  at(1_000);
  const late = look(folder);
  expect(late.now).toBeUndefined();
  expect(await late.answer).toBe("none");
});

test("in the second half of it the file is looked at again, and nobody waits for that", async () => {
  const { folder, file, at } = rootWithFile();
  await look(folder).answer;
  unlinkSync(file);
  at(600);
  expect(look(folder).now).toBe("file");
  // The clock stands: only the new look can change what is known.
  while (look(folder).now === "file") await turn();
  expect(await look(folder).answer).toBe("none");
});

test("what was looked at again is known for a second from then on", async () => {
  const { folder, file, at } = rootWithFile();
  await look(folder).answer;
  at(600);
  const calls = vi.mocked(performance.now).mock.calls.length;
  expect(look(folder).now).toBe("file");
  // The new look asks for the time when it is done: once for the root, once for the file.
  while (vi.mocked(performance.now).mock.calls.length < calls + 3) await turn();
  unlinkSync(file);
  at(1_099);
  expect(look(folder).now).toBe("file");
});
